"""The training loops, and what keeps them fast, repeatable and safe to stop."""

from course_utils.training.averaging import AveragedModel
from course_utils.training.batches import Batches
from course_utils.training.checkpoint import Checkpoint, CheckpointError
from course_utils.training.clipping import clip_weights
from course_utils.training.cycle import CYCLE_COLUMNS, CycleRun, CycleStep, CycleWeights, train_cycle
from course_utils.training.distributed import ProcessLost
from course_utils.training.divergence import TrainingDiverged
from course_utils.training.engine import ENGINES
from course_utils.training.ensembles import train_ensemble
from course_utils.training.games import AuxiliaryClassifier, FeatureMatching, Game, Plain, Relativistic
from course_utils.training.gan import train_gan
from course_utils.training.gan_step import HISTORY_COLUMNS, GANStep
from course_utils.training.go_on import go_on
from course_utils.training.image_pool import ImagePool
from course_utils.training.judge import Judge
from course_utils.training.loop import Loop
from course_utils.training.model import ModelStep, train_model
from course_utils.training.move import move
from course_utils.training.randomness import forked_random_state
from course_utils.training.run import GANRun, ModelRun, Run, VAERun, every
from course_utils.training.schedules import adam, constant, cosine_decay, decay_after, linear_decay, linear_warm_up
from course_utils.training.step import Step
from course_utils.training.unrolled import Unrolled
from course_utils.training.vae import VAEStep, train_vae

__all__ = [
    "CYCLE_COLUMNS",
    "ENGINES",
    "HISTORY_COLUMNS",
    "AuxiliaryClassifier",
    "AveragedModel",
    "Batches",
    "Checkpoint",
    "CheckpointError",
    "CycleRun",
    "CycleStep",
    "CycleWeights",
    "FeatureMatching",
    "GANRun",
    "GANStep",
    "Game",
    "ImagePool",
    "Judge",
    "Loop",
    "ModelRun",
    "ModelStep",
    "Plain",
    "ProcessLost",
    "Relativistic",
    "Run",
    "Step",
    "TrainingDiverged",
    "Unrolled",
    "VAERun",
    "VAEStep",
    "adam",
    "clip_weights",
    "constant",
    "cosine_decay",
    "decay_after",
    "every",
    "forked_random_state",
    "go_on",
    "linear_decay",
    "linear_warm_up",
    "move",
    "train_cycle",
    "train_ensemble",
    "train_gan",
    "train_model",
    "train_vae",
]
