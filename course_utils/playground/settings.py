"""What can be set in the playground, what each setting may be, and what the form says of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import Field, dataclass, field, fields, replace
from functools import partial
from typing import Any

from course_utils import data, objectives
from course_utils.inputs import require_choice, require_count, require_number, require_text, shown

MODELS = ("GAN", "VAE", "flow")
DRAWN = "drawn"
TOYS: dict[str, Callable[[], data.Mixture]] = {
    "ring": data.Ring,
    "grid": data.Grid,
    "two Gaussians": data.TwoGaussians,
    "far Gaussian": partial(data.Mixture, [[3.0, 0.0]], 0.25),
    "spiral": data.Spiral,
}
LOSSES = {objective.name: objective for objective in objectives.OBJECTIVES}
PENALTIES: dict[str, tuple[Callable, str] | None] = {  # each with the name of its strength
    "none": None,
    "R1": (objectives.r1_penalty, "gamma"),
    "R1 + R2": (objectives.r1_r2_penalty, "gamma"),
    "gradient penalty": (objectives.gradient_penalty, "weight"),
    "DRAGAN": (objectives.dragan_penalty, "weight"),
}
STD_OF_DRAWN = 0.08  # a drawn point is the middle of a small Gaussian, so that the density is known
SAMPLERS = ("Euler", "Heun", "with noise")  # how a flow is followed; the last one is ancestral sampling
FEWEST, MOST = 5, 1000  # points that a drawing has


def _setting(default: Any, label: str, help: str, group: str = "Game", models: Sequence[str] = ("GAN",), **bounds):
    return field(default=default, metadata={"label": label, "help": help, "group": group, "for": models, **bounds})


@dataclass(frozen=True)
class Settings:
    """One game in the plane. Raises ValueError for what a setting cannot be, and says what it may be."""

    model: str = _setting("GAN", "model", "what learns the data", "Data", MODELS, choices=MODELS, restarts=True)
    data: str = _setting("ring", "data", "the toy, or what you have drawn", "Data", MODELS, choices=(*TOYS, DRAWN))
    points: tuple[tuple[float, float], ...] = ()  # of a drawing
    loss: str = _setting("non-saturating", "loss", "what both players minimise", choices=tuple(LOSSES))
    penalty: str = _setting("none", "penalty", "what D pays for being steep", "Discriminator", choices=tuple(PENALTIES))
    penalty_weight: float = _setting(
        1.0, "its strength", "γ of R1 and R2, else the weight", "Discriminator", least=0.0, most=100.0, log=True
    )
    d_lr: float = _setting(
        1e-3, "D's learning rate", "of Adam; 0 holds D still", "Discriminator", least=0.0, most=0.1, log=True
    )
    d_steps: int = _setting(1, "D's moves a step", "for each move of G", "Discriminator", least=1, most=20)
    noise: float = _setting(
        0.0,
        "instance noise",
        "standard deviation of the noise on all that D sees",
        "Discriminator",
        least=0.0,
        most=3.0,
    )
    g_lr: float = _setting(
        1e-3, "learning rate", "of G (or of the VAE, or the flow), by Adam; 0 holds it still", "Generator", MODELS,
        least=0.0, most=0.1, log=True,
    )  # fmt: skip
    sampler: str = _setting(
        "Euler", "sampler", "how a sample follows the velocity", "Sampling", ("flow",), choices=SAMPLERS, sampling=True
    )
    passes: int = _setting(
        50, "steps of a sample", "from noise to data; Heun needs two passes through the network for each", "Sampling",
        ("flow",), least=1, most=200, sampling=True,
    )  # fmt: skip
    batch_size: int = _setting(64, "batch size", "samples a move", "Generator", MODELS, least=2, most=1024)
    width: int = _setting(
        64, "width", "of the two hidden layers of each network", "Generator", MODELS, least=1, most=256, restarts=True
    )
    seed: int = _setting(
        0, "seed", "of weights and batches: the same seed is the same game", "Generator", MODELS, least=0, most=9999,
        restarts=True,
    )  # fmt: skip

    def __post_init__(self):
        for one in fields(self):
            if one.name != "points":
                object.__setattr__(self, one.name, _checked(one.name, one.metadata, one.type, getattr(self, one.name)))
        object.__setattr__(self, "points", _points(self.points))
        if self.data == DRAWN and not self.points:
            raise ValueError("data = 'drawn' needs points, [[x, y], …]: draw some, or choose a toy")

    def changed(self, /, **changes: Any) -> Settings:
        """These settings with some others. Raises ValueError for a name that is none."""
        known = [one.name for one in fields(self)]
        if unknown := sorted(set(changes) - set(known)):
            raise ValueError(f"there is no setting {', '.join(map(repr, unknown))}; there are {', '.join(known)}")
        return replace(self, **changes)

    def differences(self, other: Settings) -> dict[str, Any]:
        """{name: value here} of what is otherwise in `other`, among what this model knows; points only of a drawing."""
        known = [one.name for one in fields(self) if self.model in one.metadata.get("for", ())]
        found = {name: getattr(self, name) for name in known if getattr(self, name) != getattr(other, name)}
        drawn_anew = self.data == DRAWN and (other.data, other.points) != (DRAWN, self.points)
        return found | ({"points": self.points} if drawn_anew else {})

    def restarts(self, other: Settings) -> list[str]:
        """What of the differences a running game cannot take over."""
        return [name for name in self.differences(other) if field_of(name).metadata.get("restarts")]

    @property
    def toy(self) -> data.Mixture:
        """The distribution that is to be learnt; its density is known."""
        return data.Mixture(self.points, STD_OF_DRAWN) if self.data == DRAWN else TOYS[self.data]()

    @property
    def objective(self) -> objectives.Objective:
        return LOSSES[self.loss]

    @property
    def penalty_function(self) -> objectives.Penalty | None:
        """The penalty with its strength, as `train_gan` takes it."""
        if (known := PENALTIES[self.penalty]) is None:
            return None
        function, strength = known
        return partial(function, **{strength: self.penalty_weight})


def field_of(name: str) -> Field:
    return next(one for one in fields(Settings) if one.name == name)


def sampling_settings(names: Iterable[str]) -> list[str]:
    """Those of the names that say how samples are drawn, and so change nothing of what is learnt."""
    return [name for name in names if field_of(name).metadata.get("sampling")]


def in_words(some: Mapping[str, Any]) -> str:
    """Settings with their labels: "D's learning rate 0.001, loss hinge"."""
    labels = {one.name: one.metadata["label"] for one in fields(Settings) if one.metadata}
    return ", ".join(
        "other points" if name == "points" else f"{labels.get(name, name.replace('_', ' '))} {value}"
        for name, value in some.items()
    )


def as_settings(given: Settings | Mapping[str, Any] | None) -> Settings:
    """Settings, a dict of those that are not the default, or None for the default."""
    if isinstance(given, Settings):
        return given
    return Settings() if given is None else Settings().changed(**by_name(given))


def by_name(given: Mapping[str, Any]) -> dict[str, Any]:
    """Some settings, {"loss": "hinge"}. Raises ValueError for what is no dict, and for names that are no texts."""
    if not isinstance(given, Mapping):
        raise ValueError(f'settings must be a dict such as {{"loss": "hinge"}}, not {shown(given)}')
    return {require_text("a setting's name", name): value for name, value in given.items()}


def _checked(name: str, about: Mapping[str, Any], kind: str, value: Any) -> Any:
    if "choices" in about:
        return require_choice(name, value, about["choices"])
    if kind == "int":
        return require_count(name, value, least=about["least"], most=about["most"])
    return float(require_number(name, value, least=about["least"], most=about["most"]))


def _points(given: object) -> tuple[tuple[float, float], ...]:
    """Rounded to hundredths: as fine as a hand draws, and short where the code shows them."""
    try:
        if any(isinstance(point, str) for point in given):
            raise TypeError("texts")
        points = tuple((float(x), float(y)) for x, y in given)
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"points must be pairs of numbers, [[x, y], …], not {shown(given)}") from None
    if points and not FEWEST <= len(points) <= MOST:
        raise ValueError(f"a drawing has {FEWEST} to {MOST:,} points, this one has {len(points):,}")
    for x, y in points:
        if not (abs(x) <= 10 and abs(y) <= 10):
            raise ValueError(f"points lie within −10 … 10 in both directions, and ({x:g}, {y:g}) does not")
    return tuple((round(x, 2), round(y, 2)) for x, y in points)
