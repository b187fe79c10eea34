"""A sitting at the playground: what a front end asks for, and what it is answered. It knows nothing of widgets."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, fields
from typing import Any

import numpy as np

from course_utils.inputs import require_choice, require_count, require_flag, shown
from course_utils.playground import presets
from course_utils.playground.play import Play
from course_utils.playground.report import Seat, charts, form, spoken, title
from course_utils.playground.settings import Settings, in_words
from course_utils.playground.views import Look, view
from course_utils.training import TrainingDiverged

NAMES = ("A", "B")
BETWEEN_CHARTS = 0.4  # seconds: curves and measures need not follow as fast as the points
MOST_STEPS = 1000  # of one request: a click is answered within seconds
REPORTED = (ValueError, TrainingDiverged)
Answer = tuple[dict[str, Any], list[np.ndarray]]  # a message, and the arrays that it refers to by their number


class Session:
    """`answer(request)` for each request {"n": its number, "do": what, …} of a front end."""

    def __init__(self, settings: Settings | Mapping[str, Any] | None = None, preset: str | None = None):
        self.look = Look()
        self.head_start = 0  # moves that D makes alone before the first step of each game
        self.seats = [Seat(NAMES[0], Play(settings))]
        if preset is not None:
            self._preset(preset)

    def answer(self, request: Mapping[str, Any]) -> list[Answer]:
        """What to send back, each with the number of the request; an error in words is an answer, too."""
        to = {"to": request.get("n")}
        try:
            do = require_choice("do", request.get("do"), tuple(_DOINGS))
            if do == "code":
                return [({"kind": "code", "text": self._code()} | to, [])]
            first = [({"kind": "form", **form()} | to, [])] if do == "open" else []
            _DOINGS[do](self, request)
            return [*first, self._frame(at_ease=do != "advance", to=to)]
        except (
            REPORTED
        ) as error:  # some games may have gone on before one of them failed, so they are shown as they are
            return [({"kind": "error", "text": str(error)} | to, []), self._frame(at_ease=True, to=to)]

    # --- what can be asked for ---

    def _advance(self, request: Mapping[str, Any]) -> None:
        steps = require_count("steps", request.get("steps"), most=MOST_STEPS)
        for seat in self.seats:
            seat.moment = None
            seat.play.advance(steps)

    def _move(self, request: Mapping[str, Any]) -> None:
        for seat in self.seats:
            seat.moment = None
            if seat.play.settings.model == "GAN" or len(self.seats) == 1:
                seat.play.move(request.get("player"))

    def _change(self, request: Mapping[str, Any]) -> None:
        seat = self.seats[require_count("game", request.get("game"), least=0, most=len(self.seats) - 1)]
        self._take(seat, **_settings(request.get("settings")))

    def _take(self, seat: Seat, **changes: Any) -> None:
        were = seat.play.settings
        restarted = seat.play.change(**changes)
        now = seat.play.settings
        seat.note, seat.moment = "", None
        if restarted:
            self._begin(seat, f"{' and '.join(restarted)} changed: the game has started again.")
        elif (were.data, were.points) != (now.data, now.points):
            seat.begin()
            seat.note = "The networks go on with other data; the measures begin anew."

    def _restart(self, request: Mapping[str, Any]) -> None:
        for seat in self.seats:
            seat.play.restart()
            self._begin(seat)

    def _begin(self, seat: Seat, note: str = "") -> None:
        """What comes before the first step of a game that has started again."""
        seat.begin()
        if self.head_start and seat.play.settings.model == "GAN":
            seat.play.move("discriminator", self.head_start)
            note = f"{note} D has made {self.head_start:,} moves alone.".strip()
        seat.note = note

    def _draw(self, request: Mapping[str, Any]) -> None:
        for seat in self.seats:
            self._take(seat, data="drawn", points=request.get("points"))

    def _scrub(self, request: Mapping[str, Any]) -> None:
        to = request.get("to")
        for seat in self.seats:
            last = len(seat.play.moments) - 1
            seat.moment = None if to is None else min(require_count("to", to, least=0), last)

    def _preset(self, request: Mapping[str, Any] | str) -> None:
        chosen = presets.preset(request if isinstance(request, str) else request.get("name"))
        self.head_start = chosen.head_start
        self.seats = [Seat(NAMES[0], Play(chosen.settings), sentence=chosen.told)]
        self._begin(self.seats[0])
        self.look = Look(**(asdict(self.look) | chosen.look))

    def _compare(self, request: Mapping[str, Any]) -> None:
        """A second game like the first; both begin again, so that only what is changed then tells them apart."""
        del self.seats[1:]
        if require_flag("on", request.get("on")):
            self.seats.append(Seat(NAMES[1], Play(self.seats[0].play.settings)))
            self._restart(request)

    def _see(self, request: Mapping[str, Any]) -> None:
        names = {one.name for one in fields(Look)}
        self.look = Look(**(asdict(self.look) | {name: request[name] for name in names & set(request)}))

    def _nothing(self, request: Mapping[str, Any]) -> None:
        """The frame is sent all the same."""

    # --- what is answered ---

    def _code(self) -> str:
        parts = [seat.play.code() for seat in self.seats]
        return parts[0] if len(parts) == 1 else "\n".join(f"# {NAMES[k]}\n{part}" for k, part in enumerate(parts))

    def _frame(self, at_ease: bool, to: dict[str, Any]) -> Answer:
        arrays: list[np.ndarray] = []
        games = [self._game(seat, at_ease, arrays) for seat in self.seats]
        words = " ".join(spoken(seat) for seat in self.seats)
        return {"kind": "frame", "games": games, "words": words, "look": asdict(self.look)} | to, arrays

    def _game(self, seat: Seat, at_ease: bool, arrays: list[np.ndarray]) -> dict[str, Any]:
        play, now = seat.play, time.monotonic()
        moment = None if seat.moment is None else play.moments[seat.moment]
        seen = view(play, self.look, moment)
        due = at_ease or now >= seat.charted + BETWEEN_CHARTS
        if due:
            seat.charted = now
        places = {}
        for name, array in seen.arrays.items():
            places[name] = [len(arrays), list(array.shape)]
            arrays.append(np.ascontiguousarray(array))
        other = self.seats[0].play.settings
        differing = play.settings.differences(other) if seat is not self.seats[0] else {}
        settings = {name: value for name, value in asdict(play.settings).items() if name != "points"}
        return {
            "name": seat.name,
            "title": title(play.settings),
            "model": play.settings.model,
            "step": play.step if moment is None else moment.step,
            "settings": settings,
            "extent": list(seen.extent),
            "difference": f"differs in {in_words(differing)}" if differing else "",
            "note": seat.note,
            "sentence": seat.sentence,
            "charts": charts(seat, moment) if due else None,
            "moments": [one.step for one in play.moments],
            "moment": seat.moment,
            "legend": seen.legend,
            "buffers": places,
        }


_DOINGS: dict[str, Callable[[Session, Mapping[str, Any]], None]] = {
    "open": Session._nothing,
    "advance": Session._advance,
    "move": Session._move,
    "change": Session._change,
    "restart": Session._restart,
    "draw": Session._draw,
    "scrub": Session._scrub,
    "preset": Session._preset,
    "compare": Session._compare,
    "look": Session._see,
    "code": Session._nothing,
}


def _settings(given: Any) -> dict[str, Any]:
    if not isinstance(given, Mapping):
        raise ValueError(f'settings must be {{"name": value, …}}, not {shown(given)}')
    return dict(given)
