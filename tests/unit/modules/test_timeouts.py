# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
"""An answer that hangs blocks a module for seconds, not minutes; who wants other times says so."""

from __future__ import annotations

import pytest
from ansible.module_utils.testing import patch_module_args
from ansible_collections.realtime.aws.plugins.module_utils.modules import AnsibleAWSModule


@pytest.mark.parametrize(("options", "times"), [({}, (10, 30)), ({"aws_config": {"read_timeout": 90}}, (10, 90))])
def test_clients_do_not_wait_long(aws, options, times):
    with patch_module_args(options):
        config = AnsibleAWSModule(argument_spec={}).client("sts").meta.config
    assert (config.connect_timeout, config.read_timeout) == times
