"""Check the sources of final answers: one with a number or quote from nowhere is sent back, then refused."""

from __future__ import annotations

from typing import Annotated, Any, NotRequired

from langchain.agents.middleware import AgentMiddleware, hook_config
from langchain.agents.middleware.types import PrivateStateAttr
from langchain_core.messages import HumanMessage
from langgraph.runtime import Runtime

from sandreckoner.agents.conversation_answer import answer_of
from sandreckoner.agents.middleware.run_guards import US, EndingState, last_reply, this_run
from sandreckoner.core.answer import Answer
from sandreckoner.core.problem import Problem
from sandreckoner.provenance.program_sources import complaint

_SENT_BACK = "Not everything in this answer has a source:"


class SourceState(EndingState):
    """What of the answer still has no source after it was sent back."""

    refused: NotRequired[Annotated[str, PrivateStateAttr]]


class SourceGuard(AgentMiddleware[SourceState, Any, Any]):
    """Checks each reply that would end the run."""

    state_schema = SourceState

    def before_agent(self, state: SourceState, runtime: Runtime[Any]) -> dict[str, Any]:
        """Reset for a new question."""
        return {"refused": ""}

    @hook_config(can_jump_to=["model"])
    def after_model(self, state: SourceState, runtime: Runtime[Any]) -> dict[str, Any] | None:
        """Send the answer back once; refuse it the second time."""
        reply = last_reply(state["messages"])
        if reply is None or reply.tool_calls or state.get("ended"):
            return None
        run = this_run(state["messages"])
        faults = _faults(answer_of(state, Problem(str(run[0].text))))
        if not faults:
            return None
        if any(said.name == US and str(said.text).startswith(_SENT_BACK) for said in run):
            return {"refused": " ".join(faults.split())[:500]}
        message = f"{_SENT_BACK}\n{faults}\nSearch or compute what is missing, then answer again."
        return {"messages": [HumanMessage(message, name=US)], "jump_to": "model"}


def _faults(answer: Answer) -> str:
    lines = [complaint(answer.sources)]
    lines += [citation.note for citation in answer.citations if citation.status != "found"]
    return "\n".join(line for line in lines if line)
