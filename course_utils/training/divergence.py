"""Has the training left the finite numbers? Its losses and its weights are asked apart."""

import torch

from course_utils.training.run import Run
from course_utils.training.step import Step


class TrainingDiverged(RuntimeError):
    """A loss or a weight became NaN or infinite. `.run` holds the run up to there."""


def finite_losses(run: Run, checked: int) -> dict[str, str]:
    """The latest losses, as text for the bar; raises TrainingDiverged if any step since `checked` has a bad number."""
    rows = run.rows[checked : run.steps_done].cpu()
    if not rows.isfinite().all():
        row, column, *member = (~rows.isfinite()).nonzero()[0].tolist()
        run.steps_done = checked + row + 1
        whose = f" of member {member[0]}" if member else ""
        raise TrainingDiverged(
            f"{run.columns[column]}{whose} became {rows[row, column, *member].item()} at step {run.steps_done:,}. "
            f"{_USUAL_CAUSES} The run so far is in the exception's .run"
        )
    latest = zip(run.columns, rows[-1], strict=True)
    return {key.replace("_", " ").capitalize(): f"{value.mean():.3f}" for key, value in latest if key.endswith("loss")}


_USUAL_CAUSES = (
    "Usual causes: a learning rate that is too high; log(sigmoid(x)) in place of a loss on logits; a critic without a "
    "Lipschitz constraint; data that are not scaled to [-1, 1] or hold NaN; float16."
)


def require_finite_weights(run: Run, step: Step) -> None:
    """A loss can be finite and its gradient NaN: then it is the weights that show it.

    A buffer may hold infinities on purpose, such as a mask.
    """
    networks = step.networks | ({"average": step.averaged.model} if step.averaged else {})
    for name, network in networks.items():
        values = {key: value for key, value in network.state_dict().items() if value.is_floating_point()}
        weights = dict(network.named_parameters(remove_duplicate=False))
        good = [value.isfinite() if key in weights else ~value.isnan() for key, value in values.items()]
        finite = torch.stack([each.all() for each in good]).tolist()
        if not all(finite):
            raise TrainingDiverged(
                f"the {name}'s {list(values)[finite.index(False)]} is NaN or infinite after step {run.steps_done:,}, "
                "though the losses are finite: a gradient was not, such as that of a square root at 0 or of a norm of "
                f"zeros. {_USUAL_CAUSES} The run is in the exception's .run; its checkpoint, if it has one, is older"
            )
