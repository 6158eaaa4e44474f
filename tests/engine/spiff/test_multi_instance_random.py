"""A vote in a loop, with a reminder and a deadline, against a model: random people and moments, always reloaded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

CONDITIONS: dict[str, Callable[[list[str], int, int], bool]] = {
    "": lambda _said, _done, _all: False,
    "len([v for v in votes if v == 'yes']) * 2 > nrOfInstances": lambda said, _done, all_: (
        said.count("yes") * 2 > all_
    ),
    "said == 'no' and nrOfCompletedInstances > 1": lambda said, done, _all: said[-1:] == ["no"] and done > 1,
    "nrOfInstances - nrOfCompletedInstances < enough": lambda _said, done, all_: all_ - done < 2,
}


@dataclass
class Model:
    """What was said in this round, in the order in which it was said."""

    members: list[str]
    until: str
    sequential: bool
    said: dict[str, str] = field(default_factory=dict)

    @property
    def output(self) -> list[str]:
        return [self.said[one] for one in self.members if one in self.said]

    @property
    def waiting(self) -> list[str]:
        left = [one for one in self.members if one not in self.said]
        return left[:1] if self.sequential else left

    @property
    def ended(self) -> bool:
        spoken = list(self.said.values())
        enough = bool(spoken) and CONDITIONS[self.until](spoken, len(spoken), len(self.members))
        return not self.waiting or enough


def drawn(kit: Any, until: str, sequential: bool, inside: bool) -> Any:
    loop = kit.each(
        "members", "member", output="votes", output_item="said", until=until, sequential=sequential
    )
    at = kit.Diagram("p").add("startEvent", "begin").add("endEvent", "done").choice("merge")
    if inside:
        inner = kit.Diagram("vote", tag="subProcess").raw(loop).add("startEvent", "begin_in").user("speak")
        at.raw(inner.add("endEvent", "done_in").chain("begin_in", "speak", "done_in").xml())
    else:
        at.user("vote", loop)
    at.user("look").choice("closed_or_done").choice("enough", "again").user("remind").add(
        "endEvent", "reminded"
    )
    at.boundary("closed", "vote", kit.timer("timeDuration", '"P5D"'))
    at.boundary("reminder", "vote", kit.timer("timeCycle", '"R9/P1D"'), interrupting=False)
    at.chain("begin", "merge", "vote", "closed_or_done", "look", "enough").chain("closed", "closed_or_done")
    at.chain("reminder", "remind", "reminded")
    return at.flow("enough", "merge", identity="again").flow("enough", "done", "ended")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_random_vote_goes_as_in_the_model(kit: Any, data: Any) -> None:
    play_one(kit, data)


@pytest.mark.nightly
@settings(max_examples=1500, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_many_random_votes_go_as_in_the_model(kit: Any, data: Any) -> None:
    play_one(kit, data)


def play_one(kit: Any, data: Any) -> None:
    until = data.draw(st.sampled_from(list(CONDITIONS)))
    sequential, inside = data.draw(st.booleans()), data.draw(st.booleans())
    members = list("abcde"[: data.draw(st.integers(0, 5))])
    step = "speak" if inside else "vote"
    play = kit.play(drawn(kit, until, sequential, inside), members=members, enough=2, ended=False)
    for turn in range(3):
        model, day = Model(members, until, sequential), 0
        while not model.ended:
            assert (
                sorted(one.data["member"] for one in play.again().ready if one.step == step) == model.waiting
            )
            if data.draw(st.integers(0, 3)) == 0:
                day += 1
                play.wait(days=1, minutes=1)
                if day == 5:
                    break
                seen = [one for one in play.again().ready if one.step == "remind"]
                assert [one.data["votes"] for one in seen] == [model.output]
                play.do("remind")
                continue
            member = data.draw(st.sampled_from(model.waiting))
            model.said[member] = data.draw(st.sampled_from(["yes", "no"]))
            ready = play.again().ready
            task_id = next(one.engine_task_id for one in ready if one.data.get("member") == member)
            play.run.complete(task_id, {"said": model.said[member]})
        assert {one.step for one in play.again().ready} <= {"look", "remind"}
        given = {"members": members, "enough": 2, "ended": False, "votes": model.output}
        assert play.step("look").data == given
        while "remind" in play.steps:  # one that came together with the deadline
            play.do("remind")
        play.do("look", ended=turn == 2)
    assert play.again().completed and play.run.data["votes"] == model.output
