from __future__ import annotations

import json
import unittest
from typing import Any, Optional

from people_hub.cluster_words import obstacle, progress_of, refused

IMAGE = "quay.io/jupyter/scipy-notebook:2026-08-08"
NOT_FOUND = (
    f'rpc error: code = NotFound desc = failed to pull and unpack image "{IMAGE}": failed to resolve reference "{IMAGE}":'
    f" {IMAGE}: not found"
)


def pod(state: Optional[dict[str, Any]] = None, **status: Any) -> dict[str, Any]:
    containers = [{"name": "notebook", "image": IMAGE, "ready": False, "state": state}] if state else []
    return {"status": {"phase": "Pending", "containerStatuses": containers, **status}}


def waiting(reason: str, message: str = "") -> dict[str, Any]:
    return pod({"waiting": {"reason": reason, "message": message}})


class Obstacles(unittest.TestCase):
    def test_a_start_without_one(self) -> None:
        for each in (pod(), waiting("ContainerCreating"), pod({"running": {}}, phase="Running")):
            self.assertEqual(obstacle(each, []), (None, False))

    def test_an_image_that_does_not_exist_ends_the_start_at_once(self) -> None:
        words, is_final = obstacle(waiting("ErrImagePull", NOT_FOUND), [])
        self.assertTrue(is_final)
        self.assertTrue(str(words).startswith(f"The cluster cannot fetch the image {IMAGE}: {IMAGE}: not found."), words)

    def test_a_registry_that_did_not_answer_is_tried_again(self) -> None:
        failed = "failed to do request: dial tcp 203.0.113.7:443: i/o timeout"
        self.assertFalse(obstacle(waiting("ErrImagePull", failed), [])[1])
        event = {"reason": "Failed", "message": f'Failed to pull image "{IMAGE}": {failed}'}
        words, is_final = obstacle(waiting("ImagePullBackOff", f'Back-off pulling image "{IMAGE}"'), [event])
        self.assertTrue(is_final)
        self.assertIn("i/o timeout.", str(words))

    def test_a_server_that_ended(self) -> None:
        words, is_final = obstacle(pod({"terminated": {"reason": "OOMKilled", "exitCode": 137}}), [])
        self.assertTrue(is_final)
        self.assertIn("ran out of memory", str(words))
        words, is_final = obstacle(pod({"terminated": {"reason": "Error", "exitCode": 3}}), [])
        self.assertTrue(is_final)
        self.assertIn("exit code 3", str(words))

    def test_a_server_that_the_cluster_ended(self) -> None:
        evicted = pod(phase="Failed", reason="Evicted", message="The node was low on resource: memory.")
        words = "The cluster has ended your server: The node was low on resource: memory."
        self.assertEqual(obstacle(evicted, []), (words, True))

    def test_no_node_may_come_and_a_size_that_no_node_can_have_does_not(self) -> None:
        waits = {"reason": "FailedScheduling", "message": "0/1 nodes are available: 1 Insufficient memory."}
        words, is_final = obstacle(pod(), [waits])
        self.assertEqual((is_final, "1 Insufficient memory" in str(words)), (False, True))
        never = {"reason": "NotTriggerScaleUp", "message": "pod didn't trigger scale-up: 1 max node group size reached"}
        words, is_final = obstacle(pod(), [waits, never])
        self.assertEqual((is_final, "Choose another size" in str(words)), (True, True))

    def test_a_home_that_another_node_still_has(self) -> None:
        event = {"reason": "FailedAttachVolume", "message": "Multi-Attach error"}
        self.assertEqual(obstacle(pod(), [event]), ("The home cannot be attached: Multi-Attach error", False))


class Progress(unittest.TestCase):
    def test_events_in_plain_words(self) -> None:
        self.assertIn("about 90 seconds", str(progress_of({"reason": "TriggeredScaleUp"})))
        self.assertIsNone(progress_of({"reason": "Created"}))
        self.assertIsNone(progress_of({}))


class Refusals(unittest.TestCase):
    def test_a_full_quota_is_a_full_site(self) -> None:
        message = 'pods "jupyter-ann" is forbidden: exceeded quota: servers, requested: pods=1, used: pods=6, limited: pods=6'
        self.assertEqual(
            refused(403, json.dumps({"message": message})),
            "All 6 servers of this site are in use. Try again when somebody has stopped theirs. The owner can allow more:"
            " pulumi config set --path servers.most 7 && pulumi up",
        )

    def test_a_cluster_that_lost_the_site(self) -> None:
        for status in (401, 404):
            self.assertIn("pulumi up --refresh", refused(status, "{}"))

    def test_everything_else_is_said_by_the_cluster(self) -> None:
        self.assertEqual(refused(422, json.dumps({"message": "no"})), "The cluster refused your server: no")
        self.assertEqual(refused(500, "not JSON"), "The cluster refused your server: not JSON")


if __name__ == "__main__":
    unittest.main()
