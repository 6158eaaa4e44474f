"""The demo: the commune Đồng Liên on 12 December 2022, brought there by running the real actions."""

from workflows.demo.story import build

__all__ = ["build"]
