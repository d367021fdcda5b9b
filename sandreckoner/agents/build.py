r"""Build agents with their environment, each a Runnable: `invoke`, `ainvoke`, `stream`, `batch`.

>>> from sandreckoner.testing import ScriptedModel
>>> def price_of(article: str) -> float:
...     "The price of an article in dollars."
...     return 13.75
>>> model = ScriptedModel(["```python\nanswer(price_of('pen') * 4)\n```"])
>>> with open_code_agent(model=model, tools=[price_of]) as agent:
...     print(agent.invoke("What do four pens cost?"))
55
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from sandreckoner.agents.code_agent import CodeAgent
from sandreckoner.agents.react import ReAct
from sandreckoner.chains.runnable import StrategyChain, chain
from sandreckoner.core.budget import Budget
from sandreckoner.core.environment import Interpreter, Model

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.tools import BaseTool


def open_react_agent(
    model: str | BaseChatModel | Model | None = None,
    *,
    library: Any = None,
    tools: Sequence[BaseTool | Callable[..., Any]] = (),
    interpreter: Interpreter | None = None,
    budget: Budget | None = None,
    **options: Any,
) -> StrategyChain:
    """Build a ReAct agent as a Runnable; `chain` explains the arguments, `ReAct` the options.

    Tools are further actions: LangChain tools, or functions with a docstring.
    """
    react = ReAct(**options)
    return chain(react, model, library=library, tools=tools, interpreter=interpreter, budget=budget)


def open_code_agent(
    model: str | BaseChatModel | Model | None = None,
    *,
    library: Any = None,
    tools: Sequence[BaseTool | Callable[..., Any]] = (),
    interpreter: Interpreter | None = None,
    budget: Budget | None = None,
    **options: Any,
) -> StrategyChain:
    """Build a code agent as a Runnable; `chain` explains the arguments, `CodeAgent` the options.

    Tools are what its programs may call besides `search`, `read`, `list_documents`, `tables` and `answer`.
    """
    code = CodeAgent(documents=library is not None, **options)
    return chain(code, model, library=library, tools=tools, interpreter=interpreter, budget=budget)
