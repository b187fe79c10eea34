"""The two players' losses, as pure functions of logits.

Write r = D(x) for the discriminator's logits on real data and f = D(G(z)) for those on generated data; σ is the
sigmoid and softplus(t) = log(1 + eᵗ), so −log σ(t) = softplus(−t) and −log(1 − σ(t)) = softplus(t): finite, with
finite gradients, however large the logits. Every function returns the mean over the batch, a scalar in nats (for
least squares, hinge and Wasserstein: in squared or plain logit units), which its player *minimises*.

Logits may have any floating-point shape; both batches are averaged on their own, except in relativistic pairing, which
compares them one by one and so needs equal shapes.
"""

from collections.abc import Callable

from torch import Tensor
from torch.nn.functional import relu, softplus

from course_utils.inputs import require_function, require_number, shown
from course_utils.tensor_inputs import require_same_device


def _require_floats(why: str, **batches: Tensor) -> None:
    for name, x in batches.items():
        if not isinstance(x, Tensor) or not x.is_floating_point():
            raise ValueError(f"{name}: a loss needs floating-point {why}, not {shown(x)}")
    require_same_device(**batches)


def _require_logits(**batches: Tensor) -> None:
    _require_floats("logits, the discriminator's raw output", **batches)
    if empty := [name for name, logits in batches.items() if logits.numel() == 0]:
        raise ValueError(f"{empty[0]}: a loss needs at least one logit; this batch is empty")


def _require_smoothing(label_smoothing: float) -> None:
    require_number("label_smoothing", label_smoothing, least=0, below=1, hint="the real label is 1 minus it")


# --- the game of Goodfellow et al. 2014 ---------------------------------------------------------------------


def cross_entropy_discriminator_loss(real_logits: Tensor, fake_logits: Tensor, label_smoothing: float = 0.0) -> Tensor:
    """−E[log σ(r)] − E[log(1 − σ(f))], the negative of the value V(G, D) that D maximises.

    With one-sided `label_smoothing` ε the real target is 1 − ε: (1 − ε)·softplus(−r) + ε·softplus(r)
    = softplus(−r) + ε·r. Sources: Goodfellow et al. 2014, eq. 1; Salimans et al. 2016, sec. 3.4 (smoothing).
    """
    _require_logits(real_logits=real_logits, fake_logits=fake_logits)
    _require_smoothing(label_smoothing)
    real_loss = softplus(-real_logits)
    if label_smoothing:
        real_loss = real_loss + label_smoothing * real_logits
    return real_loss.mean() + softplus(fake_logits).mean()


def saturating_generator_loss(fake_logits: Tensor) -> Tensor:
    """E[log(1 − σ(f))], G's side of the minimax game; its gradient σ(f) vanishes where D is sure (f → −∞).

    Source: Goodfellow et al. 2014, eq. 1.
    """
    _require_logits(fake_logits=fake_logits)
    return -softplus(fake_logits).mean()


def non_saturating_generator_loss(fake_logits: Tensor) -> Tensor:
    """−E[log σ(f)]: the same fixed point, with gradient 1 − σ(f), which is strongest where D is sure.

    Source: Goodfellow et al. 2014, sec. 3.
    """
    _require_logits(fake_logits=fake_logits)
    return softplus(-fake_logits).mean()


# --- other distances ----------------------------------------------------------------------------------------


def least_squares_discriminator_loss(real_logits: Tensor, fake_logits: Tensor, label_smoothing: float = 0.0) -> Tensor:
    """½ E[(r − (1 − ε))²] + ½ E[f²] with ε = `label_smoothing`. Source: Mao et al. 2017, eq. 9 (a = 0, b = c = 1)."""
    _require_logits(real_logits=real_logits, fake_logits=fake_logits)
    _require_smoothing(label_smoothing)
    return 0.5 * (real_logits - (1.0 - label_smoothing)).square().mean() + 0.5 * fake_logits.square().mean()


def least_squares_generator_loss(fake_logits: Tensor) -> Tensor:
    """½ E[(f − 1)²]. Source: Mao et al. 2017, eq. 9."""
    _require_logits(fake_logits=fake_logits)
    return 0.5 * (fake_logits - 1.0).square().mean()


def hinge_discriminator_loss(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """E[max(0, 1 − r)] + E[max(0, 1 + f)]. Sources: Lim & Ye 2017; Miyato et al. 2018, eq. 16."""
    _require_logits(real_logits=real_logits, fake_logits=fake_logits)
    return relu(1.0 - real_logits).mean() + relu(1.0 + fake_logits).mean()


def wasserstein_critic_loss(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """E[f] − E[r]: minus the Kantorovich dual, if the critic is 1-Lipschitz. Source: Arjovsky et al. 2017, eq. 2."""
    _require_logits(real_logits=real_logits, fake_logits=fake_logits)
    return fake_logits.mean() - real_logits.mean()


def wasserstein_generator_loss(fake_logits: Tensor) -> Tensor:
    """−E[f]. Source: Arjovsky et al. 2017 for the critic; the hinge game uses the same generator loss."""
    _require_logits(fake_logits=fake_logits)
    return -fake_logits.mean()


# --- relativistic pairing -----------------------------------------------------------------------------------


def _require_pairs(real_logits: Tensor, fake_logits: Tensor) -> None:
    _require_logits(real_logits=real_logits, fake_logits=fake_logits)
    if real_logits.shape != fake_logits.shape:
        raise ValueError(
            f"relativistic pairing compares logits one by one: real {tuple(real_logits.shape)} and fake "
            f"{tuple(fake_logits.shape)} must have the same shape (use equal batch sizes; squeeze a trailing 1)"
        )


def relativistic_discriminator_loss(
    real_logits: Tensor, fake_logits: Tensor, critic_form: Callable[[Tensor], Tensor] = softplus
) -> Tensor:
    """E[φ(f − r)] with φ = `critic_form`: a real sample should look more real than the fake one it is paired with.

    With the default, E[softplus(−(r − f))]. Sources: Jolicoeur-Martineau 2019 (RpGAN); Sun et al. 2020; Huang et al.
    2024 (R3GAN).
    """
    _require_pairs(real_logits, fake_logits)
    return _mean_of(critic_form, fake_logits - real_logits)


def relativistic_generator_loss(
    real_logits: Tensor, fake_logits: Tensor, critic_form: Callable[[Tensor], Tensor] = softplus
) -> Tensor:
    """E[φ(r − f)], the same comparison with the roles exchanged; with the default, E[softplus(−(f − r))]."""
    _require_pairs(real_logits, fake_logits)
    return _mean_of(critic_form, real_logits - fake_logits)


def _mean_of(critic_form: Callable[[Tensor], Tensor], differences: Tensor) -> Tensor:
    form = require_function("critic_form", critic_form, "a function φ of logits")(differences)
    if getattr(form, "shape", None) != differences.shape:
        raise ValueError(f"critic_form must map each logit by itself, {shown(differences)}, not to {shown(form)}")
    return form.mean()


# --- matching features --------------------------------------------------------------------------------------


def feature_matching_loss(real_features: Tensor, fake_features: Tensor) -> Tensor:
    """‖E h(x) − E h(G(z))‖² for the features h of D: G aims at the data's mean features, not at D's verdict.

    `real_features` […, n, d] and `fake_features` […, m, d]: means over the n and m samples, squares summed over the d
    features, averaged over the leading axes; in squared feature units. Raises ValueError for shapes that do not fit
    each other, or no samples. Source: Salimans et al. 2016, sec. 3.1.
    """
    _require_floats("features, as D.features(x) returns", real_features=real_features, fake_features=fake_features)
    shapes = real_features.shape, fake_features.shape
    if min(map(len, shapes)) < 2 or 0 in shapes[0] + shapes[1] or len({(*s[:-2], s[-1]) for s in shapes}) > 1:
        raise ValueError(
            f"features must be […, samples, features], alike but for the number of samples (at least 1): "
            f"real {tuple(shapes[0])} and fake {tuple(shapes[1])} are not; take both from the same layer, flattened"
        )
    return (real_features.mean(-2) - fake_features.mean(-2)).square().sum(-1).mean()
