"""`narrows restore`: tiles without seams, what a picture's file has besides pixels, bad files."""

import struct
import zlib

import numpy as np
import pytest
import torch
from helpers import run, small_config
from PIL import Image, ImageCms
from trained import found, source

from narrows.cli import main
from narrows.evaluation import load_run
from narrows.restoring.photos import Photo, read_photo, write_photo
from narrows.restoring.restorer import Restorer
from narrows.restoring.tiles import Plan, bytes_per_pixel, plan, tiled
from narrows.restoring.whole import restorer as restorer_of

WORDS = {
    "denoise": ["task=denoising", "encoder.shrink=2", "decoder.adds=input"],
    "enlarge": ["task=super_resolution", "decoder.adds=enlarged"],
}


@pytest.fixture(scope="module", params=WORDS)
def model(request, digits_folder, tmp_path_factory):
    """A run whose weights are large enough to change pictures."""
    both = ["encoder=residual", "encoder.width=8", "encoder.depth=1", "decoder=subpixel"]
    config = small_config(*both, *WORDS[request.param], "optimizer.lr=0.02", "steps_per_epoch=20")
    return run(config, digits_folder, tmp_path_factory.mktemp("model") / "run")


@pytest.fixture
def noise():
    return np.random.default_rng(0).integers(0, 256, (3, 97, 130), dtype=np.uint8)


@pytest.mark.parametrize("memory", [1, 200_000])
def test_tiles_have_no_seams(model, noise, memory):
    work = restorer_of(load_run(model).module)
    whole = torch.cat(
        [work(torch.from_numpy(c.copy())[None, None].float() / 255) for c in noise], 1
    )
    restored = Restorer.of(str(model)).restore(Photo(noise), memory).pixels
    # Half of a level is lost by rounding, and nothing by tiles.
    difference = np.abs(restored / 255 - whole[0].clamp(0, 1).numpy())
    assert difference.max() < 0.51 / 255
    assert np.abs(whole[0].numpy() - 0.5).std() > 0.05


def test_what_is_coloured_as_a_whole_has_no_seams(noise, workdir):
    words = [
        *source("images", workdir), "task=colourization", "task.whole=true", "encoder=unet",
        "decoder=unet", "steps_per_epoch=2", "epochs=1", "tracker=none", "trainer=cpu",
    ]  # fmt: skip
    assert main(["train", *words]) == 0
    (name,) = found(workdir)
    # Grey, so that it is as light when reduced before it is made grey.
    photo = Photo(noise[:1])
    module = load_run(workdir / "runs" / name).module
    whole = restorer_of(module)(torch.from_numpy(noise[:1].repeat(3, 0))[None].float() / 255)
    for memory in (1, 200_000):
        restored = Restorer.of(name).restore(photo, memory).pixels
        difference = np.abs(restored / 255 - whole[0].clamp(0, 1).numpy())
        assert difference.max() < 0.51 / 255
    assert np.ptp(restored.astype(int), axis=0).max() > 20


def test_a_tile_takes_no_more_memory_than_it_may():
    for memory in (4 * 10**6, 10**8):
        cut = plan(500.0, memory, 2, 9, 1)
        assert 500.0 * (cut.side + 2 * cut.margin) ** 2 <= memory
        assert 500.0 * (cut.side + 2 * cut.margin + 4) ** 2 > memory
        assert cut.side % 2 == cut.margin % 2 == 0
        assert cut.margin >= 9


def test_a_tile_is_no_larger_than_is_of_use():
    # 128 MB at 500 bytes a pixel, or 32 margins.
    assert plan(500.0, 2**40, 1, 9, 1).side == int((2**27 / 500) ** 0.5) - 18
    assert plan(500.0, 2**40, 1, 90, 1).side == 32 * 90


def test_memory_of_a_pixel_is_that_of_all_tensors_there_are_at_once():
    def work(part):
        x = torch.zeros(part.shape)
        three = torch.cat([x, x, x])
        first = three[: len(x)]
        del three
        # x, all three, which a view of the first holds on to, and the sum.
        x = x + first
        del first
        return (x + x).numpy()

    assert bytes_per_pixel(work, 2, 10) == 4 * (2 + 6 + 2)


def test_every_pixel_is_in_one_tile():
    picture = np.arange(3 * 50 * 41).reshape(3, 50, 41)
    out = np.zeros((3, 100, 82), int)
    tiled(picture, lambda part: part.repeat(2, 1).repeat(2, 2), Plan(16, 4, 2), out)
    np.testing.assert_array_equal(out, picture.repeat(2, 1).repeat(2, 2))


@pytest.mark.parametrize("size", [(1, 1), (20_000, 1), (63, 2)])
def test_pictures_of_any_size(model, size):
    given = Restorer.of(str(model))
    photo = Photo(np.full((1, *size), 100, np.uint8))
    assert given.restore(photo, 10_000).pixels.shape == (1, *(n * given.scale for n in size))


def test_transparency_profile_and_notes_are_kept(model, noise, tmp_path):
    image = Image.fromarray(noise.transpose(1, 2, 0))
    alpha = np.zeros((97, 130), np.uint8)
    alpha[:50] = 200
    image.putalpha(Image.fromarray(alpha))
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "a note"
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    image.save(tmp_path / "a.png", exif=exif, icc_profile=profile)
    restorer = Restorer.of(str(model))
    write_photo(restorer.restore(read_photo(tmp_path / "a.png")), tmp_path / "b.png")
    with Image.open(tmp_path / "b.png") as result:
        # Turned by a quarter, so that no viewer has to turn it.
        assert result.size == (97 * restorer.scale, 130 * restorer.scale)
        assert dict(result.getexif()) == {0x010E: "a note"}
        assert result.info["icc_profile"] == profile
        opaque = np.asarray(result.getchannel("A"))
    turned = np.rot90(alpha, -1).repeat(restorer.scale, 0).repeat(restorer.scale, 1)
    assert (opaque == turned).mean() > 0.9


def test_sixteen_bits_stay_sixteen(tmp_path):
    values = np.arange(65536, dtype=np.uint16).reshape(256, 256)
    Image.fromarray(values).save(tmp_path / "a.png")
    photo = read_photo(tmp_path / "a.png")
    np.testing.assert_array_equal(photo.pixels[0], values)
    write_photo(photo, tmp_path / "b.png")
    np.testing.assert_array_equal(read_photo(tmp_path / "b.png").pixels, photo.pixels)


def test_sixteen_bits_are_restored_as_sixteen(model):
    restorer = Restorer.of(str(model))
    fine = np.random.default_rng(0).integers(0, 65536, (1, 30, 41)).astype(np.uint16)
    restored = restorer.restore(Photo(fine)).pixels
    assert restored.dtype == np.uint16
    work = torch.from_numpy(fine[None] / 65535.0).float()
    whole = restorer_of(load_run(model).module)(work)[0].clamp(0, 1).numpy()
    assert np.abs(restored / 65535.0 - whole).max() < 1e-4
    # As many levels as 8 bits have would be 257 apart.
    inner = restored[(restored > 0) & (restored < 65535)]
    assert (inner % 257 != 0).mean() > 0.9


def bomb():
    def chunk(kind, content):
        end = struct.pack(">I", zlib.crc32(kind + content))
        return struct.pack(">I", len(content)) + kind + content + end

    head = struct.pack(">IIBBBBB", 60000, 60000, 8, 2, 0, 0, 0)
    data = chunk(b"IDAT", zlib.compress(bytes(999)))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + data + chunk(b"IEND", b"")


def test_bad_files_are_named_and_the_others_done(model, workdir, capsys):
    album = workdir / "album" / "deep"
    album.mkdir(parents=True)
    good = Image.fromarray(np.full((20, 30, 3), 90, np.uint8))
    good.save(album / "good.jpg")
    good.convert("CMYK").save(album / "inks.jpg")
    good.save(album / "moving.gif", save_all=True, append_images=[good.rotate(90)])
    (album / "cut.jpg").write_bytes((album / "good.jpg").read_bytes()[:300])
    good.save(album / "waving.webp", save_all=True, append_images=[good.rotate(90)])
    (album / "empty.tif").write_bytes(b"")
    (album / "text.png").write_text("no picture")
    (album / "bomb.png").write_bytes(bomb())
    (album / "notes.txt").write_text("not looked at")
    words = ["restore", f"model={model}", "album", "-o", "out"]
    assert main(words) == 2
    told = capsys.readouterr()
    skipped = [line for line in told.out.splitlines() if line.startswith("skipped: ")]
    names = ["bomb.png has more than", "cut.jpg is broken", "empty.tif is no image",
             "moving.gif has several frames", "text.png is no image",
             "waving.webp has several frames"]  # fmt: skip
    for line, name in zip(skipped, names, strict=True):
        assert f"album/deep/{name}" in line
    assert "6 of 8 pictures skipped" in told.err
    out = workdir / "out"
    made = sorted(p.relative_to(out).as_posix() for p in out.rglob("*") if p.is_file())
    assert made == ["before-and-after.html", "deep/good.jpg", "deep/inks.jpg"]
    page = (out / "before-and-after.html").read_text()
    assert page.count("data:image/webp") == 4
    assert "http" not in page


def test_nothing_is_overwritten_unless_asked(model, workdir, capsys):
    Image.new("RGB", (20, 30), "red").save("a.png")
    words = ["restore", f"model={model}", "a.png", "-o"]
    (workdir / "out").mkdir()
    (workdir / "out" / "a.png").write_text("mine")
    assert main([*words, "out"]) == 2
    assert "has its result already, out/a.png; --overwrite" in capsys.readouterr().out
    assert (workdir / "out" / "a.png").read_text() == "mine"
    before = (workdir / "a.png").read_bytes()
    assert main([*words, ".", "--overwrite"]) == 2
    assert (workdir / "a.png").read_bytes() == before
    assert main([*words, "out", "--overwrite"]) == 0
    assert read_photo(workdir / "out" / "a.png").pixels.shape[0] == 3


@pytest.mark.parametrize("names", [("a.png", "b/a.png"), ("d/a.gif", "d/a.png")])
def test_two_results_of_one_name_are_refused(model, workdir, capsys, names):
    for name in names:
        (workdir / name).parent.mkdir(exist_ok=True)
        Image.new("L", (4, 4)).save(name)
    words = ["d"] if names[0].startswith("d/") else list(names)
    assert main(["restore", f"model={model}", *words, "-o", "out"]) == 2
    assert f"{names[0]} and {names[1]} would have one result" in capsys.readouterr().err
    assert not (workdir / "out").exists()


def test_each_page_is_kept(model, workdir):
    for name in ("a.png", "b.png"):
        Image.new("L", (4, 4)).save(name)
        assert main(["restore", f"model={model}", name, "-o", "out"]) == 0
    pages = sorted(path.name for path in (workdir / "out").glob("*.html"))
    assert pages == ["before-and-after-2.html", "before-and-after.html"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["model=runs/x", "a.png"], "model=runs/x: no finished run there"),
        (["a.png", "b.png"], "name the run first, as model=RUN"),
        (["model=x", "missing"], "missing is neither a file nor a folder"),
        (["model=x", "."], "no pictures in ."),
        (["model=x"], "no picture is named"),
    ],
)
def test_mistakes_are_told_in_a_line(workdir, capsys, words, message):
    if "a.png" in words:
        Image.new("RGB", (2, 2)).save("a.png")
    assert main(["restore", *words, "-o", "out"]) == 2
    assert message in capsys.readouterr().err
    assert not (workdir / "out").exists()


def test_a_run_of_one_size_is_refused(digits_folder, tmp_path, workdir, capsys):
    folder = run(small_config("encoder=conv", "decoder=conv"), digits_folder, tmp_path / "run")
    Image.new("L", (8, 8)).save("a.png")
    assert main(["restore", f"model={folder}", "a.png", "-o", "out"]) == 2
    assert "takes pictures of one size alone" in capsys.readouterr().err
