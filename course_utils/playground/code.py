"""“Show me the code”: the cell that plays a game again, to the same weights."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from course_utils import objectives
from course_utils.playground.settings import DRAWN, PENALTIES, STD_OF_DRAWN, Settings

TOY_CODE = {
    "ring": "data.Ring()",
    "grid": "data.Grid()",
    "two Gaussians": "data.TwoGaussians()",
    "far Gaussian": "data.Mixture([[3.0, 0.0]], 0.25)",
    "spiral": "data.Spiral()",
}
LOSS_CODE = {objective.name: name for name, objective in vars(objectives).items() if objective in objectives.OBJECTIVES}
Log = Sequence[tuple[str, Any]]


def cell(settings: Settings, log: Log) -> str:
    """The course's own calls, where the game was played straight on; else the moves of the playground, one by one."""
    if [what for what, _ in log] == ["advance"]:
        return _CELLS[settings.model](settings, log[0][1])
    return _moves(settings, log)


def _gan(settings: Settings, steps: int) -> str:
    penalty = PENALTIES[settings.penalty]
    imports = "from functools import partial\n\n" if penalty else ""
    charged = (
        f"    penalty=partial(objectives.{penalty[0].__name__}, {penalty[1]}={settings.penalty_weight!r}),\n"
        if penalty
        else ""
    )
    return (
        f"{imports}import torch\nfrom course_utils import data, models, objectives, training\n\n"
        f"torch.manual_seed({settings.seed})\n"
        f"toy = {_toy(settings)}\n"
        f"G = models.PointGenerator(latent_dim=2, hidden={_widths(settings)})\n"
        f"D = models.InstanceNoise(models.PointDiscriminator(hidden={_widths(settings)}), std={settings.noise!r})\n"
        f"run = training.train_gan(\n    G,\n    D,\n    toy.sample,\n    steps={steps},\n"
        f"    objective=objectives.{LOSS_CODE[settings.loss]},\n{charged}"
        f"    g_optimizer=training.adam(G, lr={settings.g_lr!r}),\n"
        f"    d_optimizer=training.adam(D, lr={settings.d_lr!r}),\n"
        f"    d_steps={settings.d_steps},\n    batch_size={settings.batch_size},\n    seed={settings.seed},\n)\n"
    )


def _vae(settings: Settings, steps: int) -> str:
    width = settings.width
    return (
        "import torch\nfrom torch import nn\nfrom course_utils import data, models, objectives, training\n\n"
        f"torch.manual_seed({settings.seed})\n"
        f"toy = {_toy(settings)}\n"
        "likelihood = objectives.Gaussian(nn.Parameter(torch.tensor(1.0)))  # its width is learnt\n"
        f"encoder, decoder = models.mlp([2, {width}, {width}, 4]), models.mlp([2, {width}, {width}, 2])\n"
        "vae = models.VAE(encoder, decoder, latent_dim=2, likelihood=likelihood)\n"
        "run = training.train_vae(\n    vae,\n    toy.sample,\n"
        f"    steps={steps},\n    optimizer=training.adam(vae, lr={settings.g_lr!r}),\n"
        f"    batch_size={settings.batch_size},\n    seed={settings.seed},\n)\n"
    )


def _flow(settings: Settings, steps: int) -> str:
    return (
        "import torch\nfrom course_utils import data, models, objectives, training\n\n"
        f"torch.manual_seed({settings.seed})\n"
        f"toy = {_toy(settings)}\n"
        f"velocity = models.PointVelocity(hidden={_widths(settings)})\n"
        "run = training.train_model(\n    velocity,\n    toy.sample,\n    objectives.FlowMatching(),\n"
        f"    steps={steps},\n    optimizer=training.adam(velocity, lr={settings.g_lr!r}),\n"
        f"    batch_size={settings.batch_size},\n    seed={settings.seed},\n)\n"
        f"samples = models.{_sampler(settings)}[-1]\n"
    )


_CELLS = {"GAN": _gan, "VAE": _vae, "flow": _flow}


def _moves(settings: Settings, log: Log) -> str:
    lines = ["from course_utils import playground", "", f"play = playground.Play({settings.differences(Settings())!r})"]
    for what, how in log:
        if what == "advance":
            lines.append(f"play.advance({how})")
        elif what == "change":
            lines.append(f"play.change({', '.join(f'{name}={value!r}' for name, value in how.items())})")
        else:
            lines.append(f'play.move("{what}", times={how})')
    return "\n".join(lines) + "\n"


def _sampler(settings: Settings) -> str:
    if settings.sampler == "with noise":
        return f"ancestral_path(velocity, torch.randn(1000, 2), {settings.passes})"
    return f'ode_path(velocity, torch.randn(1000, 2), {settings.passes}, "{settings.sampler.lower()}")'


def _toy(settings: Settings) -> str:
    if settings.data != DRAWN:
        return TOY_CODE[settings.data]
    return f"data.Mixture({[list(point) for point in settings.points]}, {STD_OF_DRAWN})"


def _widths(settings: Settings) -> str:
    return f"({settings.width}, {settings.width})"
