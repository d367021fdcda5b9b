"""Training data from verified answers, and the sandbox as a reward, for TRL and other trainers."""

from sandreckoner.training.sandbox_reward import SandboxReward

__all__ = ["SandboxReward"]
