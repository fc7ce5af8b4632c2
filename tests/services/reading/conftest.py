"""Small files to read, made as they are needed."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    """A PNG with two lines of print."""
    image = Image.new("L", (700, 220), 255)
    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default(size=36)
    draw.text((40, 40), "Quarterly statement", fill=0, font=font)
    draw.text((40, 120), "Balance 1,234.56", fill=0, font=font)
    path = tmp_path / "picture.png"
    image.save(path)
    return path
