"""Errors in OpenAI's form: what a client sees of a fault, and no more."""

from __future__ import annotations

from starlette.responses import JSONResponse

from sandreckoner.core import errors

_TYPES = {400: "invalid_request_error", 401: "authentication_error", 403: "permission_error"}
_TYPES |= {404: "invalid_request_error", 413: "invalid_request_error", 429: "rate_limit_error"}


class ApiError(Exception):
    """A request that is refused, or failed.

    Attributes:
        status: of HTTP.
        code: for programs, such as `model_not_found`; empty for none.
        param: the parameter that is wrong; empty for none.
        retry_after_s: when to try again; None where that would not help.
    """

    def __init__(
        self, status: int, message: str, *, code: str = "", param: str = "", retry_after_s: int | None = None
    ) -> None:
        super().__init__(message)
        self.status, self.code, self.param, self.retry_after_s = status, code, param, retry_after_s

    def body(self) -> dict[str, object]:
        """The object that clients of OpenAI read."""
        kind = _TYPES.get(self.status, "server_error" if self.status >= 500 else "invalid_request_error")
        message = str(self)
        return {
            "error": {
                "message": message,
                "type": kind,
                "param": self.param or None,
                "code": self.code or None,
            }
        }

    def response(self) -> JSONResponse:
        """The whole reply."""
        headers = {} if self.retry_after_s is None else {"Retry-After": str(self.retry_after_s)}
        if self.status in (408, 413):
            headers["Connection"] = "close"  # or the rest of the body would still be read
        return JSONResponse(self.body(), self.status, headers)


def as_api_error(fault: Exception) -> ApiError:
    """Return what a client is told of a fault: of the server's own inside, nothing."""
    if isinstance(fault, ApiError):
        return fault
    if isinstance(fault, errors.ContextOverflow):
        return ApiError(400, str(fault), code="context_length_exceeded")
    if isinstance(fault, errors.SchemaMismatch):
        return ApiError(422, str(fault), code="schema_mismatch")
    if isinstance(fault, errors.UsageError) and not isinstance(fault, errors.MissingExtra):
        return ApiError(400, str(fault))
    if isinstance(fault, errors.ModelTimeout):
        return ApiError(504, "the model did not reply in time; try again", code="timeout")
    if isinstance(fault, errors.ModelError):
        return ApiError(502, "the model behind this server failed; its log says why", code="model_failed")
    return ApiError(500, "something failed on the server; its log says what")
