"""A sitting at the playground: what a front end asks for, and what it is answered. It knows nothing of widgets."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, fields
from typing import Any

import numpy as np

from course_utils.inputs import require_choice, require_count, require_flag, require_mapping
from course_utils.playground import presets
from course_utils.playground.play import Play
from course_utils.playground.report import Seat, charts, form, measure, spoken, title
from course_utils.playground.settings import DRAWN, Settings, by_name, in_words
from course_utils.playground.views import Look, view
from course_utils.training import TrainingDiverged

NAMES = ("A", "B")
BETWEEN_CHARTS = 0.4  # seconds: curves and measures need not follow as fast as the points
MOST_STEPS = 1000  # of one request: a click is answered within seconds
CHANGED = "(You have changed this preset. It said:) "
REPORTED = (ValueError, TrainingDiverged)
Answer = tuple[dict[str, Any], list[np.ndarray]]  # a message, and the arrays that it refers to by their number


class Session:
    """`answer(request)` for each request {"n": its number, "do": what, …} of a front end."""

    def __init__(self, settings: Settings | Mapping[str, Any] | None = None, preset: str | None = None):
        self.look = Look()
        self.head_start = 0  # moves that D makes alone before the first step of each game
        self.seats = [Seat(NAMES[0], Play(settings))]
        if preset is not None:
            self._take_preset(preset)

    def answer(self, request: Mapping[str, Any]) -> list[Answer]:
        """What to send back, each with the number of the request; an error in words is an answer, too."""
        to = {"to": request.get("n") if isinstance(request, Mapping) else None}
        try:
            require_mapping("a request", request, '{"n": 1, "do": "advance", "steps": 10}')
            do = require_choice("do", request.get("do"), (*_DOINGS, "code"))
            if do == "code":
                return [({"kind": "code", "text": self._code()} | to, [])]
            first = [({"kind": "form", **form()} | to, [])] if do == "open" else []
            _DOINGS[do](self, request)
            return [*first, self._frame(at_ease=not request.get("playing"), to=to)]
        except REPORTED as error:
            # Some games may have gone on before one of them failed, so they are shown as they are.
            return [({"kind": "error", "text": str(error)} | to, []), self._frame(at_ease=True, to=to)]

    # --- what can be asked for ---

    def _advance(self, request: Mapping[str, Any]) -> None:
        steps = require_count("steps", request.get("steps"), most=MOST_STEPS)
        self._each(self.seats, lambda play: play.advance(steps))

    def _move(self, request: Mapping[str, Any]) -> None:
        games = [seat for seat in self.seats if seat.play.settings.model == "GAN"]
        self._each(games or self.seats, lambda play: play.move(request.get("player")))

    def _each(self, seats: list[Seat], do: Callable[[Play], object]) -> None:
        """Do it with each game. One that fails does not keep the other from going on; then it is told what failed."""
        failed = []
        for seat in seats:
            if seat.moment is not None:  # back from an earlier moment, whose curves are shown
                seat.moment, seat.charted = None, -math.inf
            try:
                do(seat.play)
            except TrainingDiverged as error:
                failed.append(f"Game {seat.name} has blown up ({error}): start it again, or look back.")
            except ValueError as error:
                failed.append(f"Game {seat.name}: {error}")
        if failed:
            raise ValueError(" ".join(failed))

    def _change(self, request: Mapping[str, Any]) -> None:
        seat = self.seats[require_count("game", request.get("game"), least=0, most=len(self.seats) - 1)]
        self._take(seat, by_name(request.get("settings")))

    def _take(self, seat: Seat, changes: Mapping[str, Any]) -> None:
        were = seat.play.settings
        restarted = seat.play.change(**changes)
        now = seat.play.settings
        seat.note, seat.moment = "", None
        if were != now and seat.sentence and not seat.sentence.startswith(CHANGED):
            seat.sentence = f"{CHANGED}{seat.sentence}"
        if (were.model, were.data) != (now.model, now.data):
            self.head_start = 0
        if restarted:
            self._begin(seat, f"{' and '.join(restarted)} changed: the game has started again.")
        elif now.differences(were).keys() & {"data", "points"}:
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
            self._take(seat, {"data": DRAWN, "points": request.get("points")})

    def _scrub(self, request: Mapping[str, Any]) -> None:
        to = request.get("to")
        for seat in self.seats:
            last = len(seat.play.moments) - 1
            seat.moment = None if to is None else min(require_count("to", to, least=0), last)

    def _preset(self, request: Mapping[str, Any]) -> None:
        self._take_preset(request.get("name"))

    def _take_preset(self, name: object) -> None:
        chosen = presets.preset(name)
        self.head_start = chosen.head_start
        self.seats = [Seat(NAMES[0], Play(chosen.settings), sentence=chosen.told)]
        self._begin(self.seats[0])
        self.look = Look(**(asdict(self.look) | chosen.look))

    def _compare(self, request: Mapping[str, Any]) -> None:
        """A second game like the first; both begin again, so that only what is changed then tells them apart."""
        on = require_flag("on", request.get("on"))
        del self.seats[1:]
        if on:
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
        words = " ".join(spoken(seat) for seat in self.seats)  # after they have been measured
        return {"kind": "frame", "games": games, "words": words, "look": asdict(self.look)} | to, arrays

    def _game(self, seat: Seat, at_ease: bool, arrays: list[np.ndarray]) -> dict[str, Any]:
        play, now = seat.play, time.monotonic()
        moment = None if seat.moment is None else play.moments[seat.moment]
        seen = view(play, self.look, moment)
        due = at_ease or now >= seat.charted + BETWEEN_CHARTS
        if due:
            seat.charted = now
            measure(seat, moment)
        places = {}
        for name, array in seen.arrays.items():
            places[name] = [len(arrays), list(array.shape)]
            arrays.append(np.ascontiguousarray(array))
        other = self.seats[0].play.settings
        differing = play.settings.differences(other) if seat is not self.seats[0] else {}
        settings = {name: value for name, value in asdict(play.settings).items() if name != "points"}
        shown_settings = play.settings_at(moment)
        return {
            "name": seat.name,
            "title": title(shown_settings),
            "model": shown_settings.model,
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
}
