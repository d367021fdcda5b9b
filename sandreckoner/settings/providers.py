"""The providers that LangChain's `init_chat_model` supports, and what each of them needs."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from importlib.util import find_spec
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Provider:
    """A provider of LangChain.

    Attributes:
        name: as in `name:model`, and as `init_chat_model` calls it.
        title: what people call it.
        module: what is imported.
        install: what pip installs.
        key: the environment variable of its key; empty where it takes none, or more than one.
    """

    name: str
    title: str
    module: str
    install: str
    key: str = ""

    def missing(self, key: str) -> tuple[str, str]:
        """What is missing and the command that provides it; two empty strings where nothing is.

        Args:
            key: from the settings; empty for none.
        """
        needs = []
        if not is_installed(self.module):
            needs.append((f"{self.module} is not installed", f"pip install {self.install}"))
        if self.key and not key:
            needs.append((f"{self.key} is not set", f"export {self.key}=…"))
        return ", ".join(missing for missing, _ in needs), " && ".join(command for _, command in needs)


def is_installed(module: str) -> bool:
    """Whether a module is installed; does not import it."""
    return find_spec(module) is not None


_TABLE = (
    Provider("openai", "OpenAI", "langchain_openai", "langchain-openai", "OPENAI_API_KEY"),
    Provider("anthropic", "Anthropic", "langchain_anthropic", "langchain-anthropic", "ANTHROPIC_API_KEY"),
    Provider("google_genai", "Google", "langchain_google_genai", "langchain-google-genai", "GOOGLE_API_KEY"),
    Provider("google_vertexai", "Google Vertex", "langchain_google_vertexai", "langchain-google-vertexai"),
    Provider("mistralai", "Mistral", "langchain_mistralai", "langchain-mistralai", "MISTRAL_API_KEY"),
    Provider("groq", "Groq", "langchain_groq", "langchain-groq", "GROQ_API_KEY"),
    Provider("ollama", "Ollama, on this machine", "langchain_ollama", "langchain-ollama"),
    Provider("deepseek", "DeepSeek", "langchain_deepseek", "langchain-deepseek", "DEEPSEEK_API_KEY"),
    Provider("xai", "xAI", "langchain_xai", "langchain-xai", "XAI_API_KEY"),
    Provider("cohere", "Cohere", "langchain_cohere", "langchain-cohere", "COHERE_API_KEY"),
    Provider("together", "Together", "langchain_together", "langchain-together", "TOGETHER_API_KEY"),
    Provider("fireworks", "Fireworks", "langchain_fireworks", "langchain-fireworks", "FIREWORKS_API_KEY"),
    Provider("perplexity", "Perplexity", "langchain_perplexity", "langchain-perplexity", "PPLX_API_KEY"),
    Provider(
        "openrouter", "OpenRouter", "langchain_openrouter", "langchain-openrouter", "OPENROUTER_API_KEY"
    ),
    Provider(
        "nvidia", "NVIDIA", "langchain_nvidia_ai_endpoints", "langchain-nvidia-ai-endpoints", "NVIDIA_API_KEY"
    ),
    Provider("azure_openai", "Azure OpenAI", "langchain_openai", "langchain-openai", "AZURE_OPENAI_API_KEY"),
    Provider("azure_ai", "Azure AI", "langchain_azure_ai", "langchain-azure-ai"),
    Provider("bedrock", "Amazon Bedrock", "langchain_aws", "langchain-aws"),
    Provider("bedrock_converse", "Amazon Bedrock, Converse", "langchain_aws", "langchain-aws"),
    Provider("anthropic_bedrock", "Anthropic at Bedrock", "langchain_aws", "langchain-aws"),
    Provider("huggingface", "Hugging Face", "langchain_huggingface", "langchain-huggingface"),
    Provider("ibm", "IBM watsonx", "langchain_ibm", "langchain-ibm"),
    Provider("upstage", "Upstage", "langchain_upstage", "langchain-upstage", "UPSTAGE_API_KEY"),
    Provider("baseten", "Baseten", "langchain_baseten", "langchain-baseten", "BASETEN_API_KEY"),
    Provider("langsmith", "LangSmith's gateway", "langchain_openai", "langchain-openai", "LANGSMITH_API_KEY"),
    Provider("meta", "Meta", "langchain_meta", "langchain-meta"),
    Provider(
        "google_anthropic_vertex",
        "Anthropic at Google Vertex",
        "langchain_google_vertexai",
        "langchain-google-vertexai",
    ),
    Provider("bedrock_mantle_anthropic", "Anthropic at Bedrock Mantle", "langchain_aws", "langchain-aws"),
    Provider("bedrock_mantle_openai", "OpenAI at Bedrock Mantle", "langchain_aws", "langchain-aws"),
    Provider("litellm", "LiteLLM", "langchain_litellm", "langchain-litellm"),
)
PROVIDERS: dict[str, Provider] = {provider.name: provider for provider in _TABLE}

# The environment variables of keys, by provider; the Hugging Face hub asks for one with some models.
KEY_VARIABLES: dict[str, str] = {provider.name: provider.key for provider in _TABLE if provider.key} | {
    "hf": "HF_TOKEN"
}


def is_address(spec: str) -> bool:
    """Whether a model is named by its server's address."""
    return spec.startswith(("http://", "https://"))


def is_on_this_machine(address: str) -> bool:
    """Whether an address is one of this machine's own."""
    host = urlsplit(address).hostname or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
