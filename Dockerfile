FROM python:3.12-slim AS build
WORKDIR /src
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY sandreckoner sandreckoner
RUN python -m venv /opt/reckon \
 && /opt/reckon/bin/pip install --no-cache-dir -c constraints.txt '.[serve,science,local]'

FROM python:3.12-slim
RUN useradd --create-home --uid 10001 reckon && mkdir /data && chown reckon /data
COPY --from=build /opt/reckon /opt/reckon
ENV PATH=/opt/reckon/bin:$PATH XDG_DATA_HOME=/data XDG_CACHE_HOME=/data/cache
USER reckon
VOLUME /data
EXPOSE 8080
ENTRYPOINT ["reckon"]
CMD ["serve", "--host", "0.0.0.0"]
HEALTHCHECK --start-period=120s CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8080/readyz', timeout=3)"]
