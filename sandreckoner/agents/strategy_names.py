"""The names of agents in specifications, as in `reckon ask --strategy "react(max_steps=6)"`."""

from __future__ import annotations

from sandreckoner.agents.code_agent import CodeAgent
from sandreckoner.agents.react import ReAct
from sandreckoner.chains.spec import Name

REACT = Name(ReAct, "agent", "think and act in turns: search, compute, finish")
CODE = Name(CodeAgent, "agent", "act by cells of Python that call the tools", needs_documents=True)

# Written in a tool agent's journal instead: its tools have no specification.
TOOL_AGENT = "tool agent"
