"""Corel-5k (Duygulu, Barnard, de Freitas and Forsyth 2002): photographs with keywords."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from narrows.datasets.base import Part, Parts
from narrows.datasets.published import Published, Share, parts_of, split, watched
from narrows.errors import UserError
from narrows.readers.npz import check_shapes, read_npz
from narrows.readers.packed_images import PackedImages, read_packed
from narrows.readers.places import find, require
from narrows.spec import Spec

FILE = "corel5k_64.npz"
SHAPE = (3, 64, 64)
_COUNTS = {"train": 4500, "test": 499}
_WORDS = """
city mountain sky sun water clouds tree bay lake sea beach boats people branch leaf grass plain
palm horizon shell hills waves birds land dog bridge ships buildings fence island storm peaks
jet plane runway basket flight flag helicopter boeing prop f-16 tails smoke formation bear polar
snow tundra ice head black reflection ground forest fall river field flowers stream meadow rocks
hillside shrubs close-up grizzly cubs drum log hut sunset display plants pool coral fan anemone
fish ocean diver sunrise face sand rainbow farms reefs vegetation house village carvings path
wood dress coast sailboats cat tiger bengal fox kit run shadows winter autumn cliff bush
rockface pair den coyote light arctic shore town road chapel moon harbor windmills restaurant
wall skyline window clothes shops street cafe tables nets crafts roofs ruins stone cars castle
courtyard statue stairs costume sponges sign palace paintings sheep valley balcony post gate
plaza festival temple sculpture museum hotel art fountain market door mural garden star
butterfly angelfish lion cave crab grouper pagoda buddha decoration monastery landscape detail
writing sails food room entrance fruit night perch cow figures facade chairs guard pond church
park barn arch hats cathedral ceremony crowd glass shrine model pillar carpet monument floor
vines cottage poppies lawn tower vegetables bench rose tulip canal cheese railing dock horses
petals umbrella column waterfalls elephant monks pattern interior vendor silhouette architecture
blossoms athlete parade ladder sidewalk store steps relief fog frost frozen rapids crystals
spider needles stick mist doorway vineyard pottery pots military designs mushrooms terrace tent
bulls giant tortoise wings albatross booby nest hawk iguana lizard marine penguin deer
white-tailed horns slope mule fawn antlers elk caribou herd moose clearing mare foals orchid
lily stems row chrysanthemums blooms cactus saguaro giraffe zebra tusks hands train desert dunes
canyon lighthouse mast seals texture dust pepper swimmers pyramid mosque sphinx truck fly trunk
baby eagle lynx rodent squirrel goat marsh wolf pack dall porcupine whales rabbit tracks crops
animals moss trail locomotive railroad vehicle aerial range insect man woman rice prayer glacier
harvest girl indian pole dance african shirt buddhist tomb outside shade formula turn
straightaway prototype steel scotland ceiling furniture lichen pups antelope pebbles remains
leopard jeep calf reptile snake cougar oahu kauai maui school canoe race hawaii
"""
WORDS = tuple(_WORDS.split())


@dataclass(frozen=True, kw_only=True)
class Corel5k(Published):
    """4,999 stock photographs of 64 x 64 pixels; each has 1 to 5 of 374 words.

    Looked for as corel5k_64.npz in the folder that NARROWS_DATA names. It is not downloaded: the
    owner of the photographs does not hand them out.

    Attributes:
        val: share of the training photographs kept for validation.
        on_error: what to do with a photograph that cannot be decoded: stop, or leave it out.
    """

    val: Share = 0.1
    on_error: Literal["stop", "skip"] = "stop"

    def spec(self) -> Spec:
        """Return the shape (3, 64, 64) and the 374 words."""
        return Spec(SHAPE, WORDS, "image")

    @property
    def split_rule(self) -> str:
        """Return how the parts were made."""
        return (
            f"the usual 499 photographs for the test; {self.val:g} of the others for validation, "
            f"random with seed {self.split_seed}, stratified over words"
        )

    def sources(self) -> list[Path]:
        """Return the file."""
        return watched(find("corel5k", FILE))

    def load(self, work: Path) -> Parts:
        """Return the three parts, to be decoded block by block."""
        path = require(
            "Corel-5k",
            "corel5k",
            FILE,
            remedy=f"{FILE} (or read your own copy with dataset=image_folder)",
        )
        arrays = read_npz(path, ["y_train", "y_test", "label_names"])
        check_shapes(
            path,
            arrays,
            {f"y_{part}": (n, len(WORDS)) for part, n in _COUNTS.items()}
            | {"label_names": (len(WORDS),)},
        )
        if tuple(arrays["label_names"]) != WORDS:
            raise UserError(f"{path} has other words than Corel-5k; fetch it again")
        x = {
            part: PackedImages(*read_packed(path, part, "jpeg"), SHAPE, str(path))
            for part in _COUNTS
        }
        chosen = split(arrays["y_train"], self.val, 0, self.split_seed)
        return {
            **parts_of(x["train"].take, arrays["y_train"], chosen),
            "test": Part(x["test"], arrays["y_test"]),
        }
