import unittest

from everfold import Refused
from everfold.testing import event, fold, fold_in_all_cuts
from reducer import apply


class ReducerTest(unittest.TestCase):
    def test_items_are_counted_until_they_are_cleared(self) -> None:
        added = [event("item_added", {"qty": qty}) for qty in (1, 2, 3)]
        folded = fold_in_all_cuts(apply, [added[0], event("cleared"), *added[1:]])
        self.assertEqual(folded.model, {"count": 5})
        self.assertEqual(folded.events, [])

    def test_a_negative_quantity_is_refused(self) -> None:
        with self.assertRaises(Refused) as caught:
            fold(apply, [event("item_added", {"qty": -1})])
        self.assertEqual(caught.exception.code, "negative-qty")


if __name__ == "__main__":
    unittest.main()
