"""Figures of the course: one look, a text alternative on each, and a caption computed from the data.

Every function displays its figure once and returns its `Caption`; as the last line of a cell it stands under
the figure.
"""

from course_utils.plots.balls import balls
from course_utils.plots.bound_parts import bound_parts
from course_utils.plots.caption import Caption, show
from course_utils.plots.controls import Slider, interactive
from course_utils.plots.curves import gan_curves
from course_utils.plots.cycle_flow import cycle_flow
from course_utils.plots.densities import density_1d, discriminator_1d
from course_utils.plots.evidence import evidence_dots
from course_utils.plots.evidence_rows import evidence_rows
from course_utils.plots.fields import decision_surface, log_density, vector_field
from course_utils.plots.films import Film
from course_utils.plots.flow import gan_flow
from course_utils.plots.game import game_flow, round_flow
from course_utils.plots.gradient_way import gradient_way
from course_utils.plots.label_flow import label_flow
from course_utils.plots.ladder import ladder
from course_utils.plots.latent_map import latent_map
from course_utils.plots.lines import lines
from course_utils.plots.maps import map_flow
from course_utils.plots.roofline import roofline
from course_utils.plots.samples import compare_grids, image_rows, interpolation, sample_grid
from course_utils.plots.scatter import scatter_2d
from course_utils.plots.scorecard import scorecard
from course_utils.plots.seeds import seed_dots
from course_utils.plots.slopes import slope_flow
from course_utils.plots.style import (
    DISCRIMINATOR,
    FAKE,
    GENERATOR,
    NEUTRAL,
    OKABE_ITO,
    OPTIMAL,
    REAL,
    ROLES,
    VERDICT,
    YOURS,
    Role,
    course_style,
)
from course_utils.plots.trajectories import trajectories
from course_utils.plots.vae_flow import vae_flow

__all__ = [
    "DISCRIMINATOR",
    "FAKE",
    "GENERATOR",
    "NEUTRAL",
    "OKABE_ITO",
    "OPTIMAL",
    "REAL",
    "ROLES",
    "VERDICT",
    "YOURS",
    "Caption",
    "Film",
    "Role",
    "Slider",
    "balls",
    "bound_parts",
    "compare_grids",
    "course_style",
    "cycle_flow",
    "decision_surface",
    "density_1d",
    "discriminator_1d",
    "evidence_dots",
    "evidence_rows",
    "gan_curves",
    "game_flow",
    "gan_flow",
    "gradient_way",
    "image_rows",
    "interactive",
    "interpolation",
    "label_flow",
    "ladder",
    "latent_map",
    "lines",
    "log_density",
    "map_flow",
    "roofline",
    "round_flow",
    "sample_grid",
    "scatter_2d",
    "scorecard",
    "seed_dots",
    "show",
    "slope_flow",
    "trajectories",
    "vae_flow",
    "vector_field",
]
