# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
"""One reader a layer: what the environment has of it, found by name and tag."""

from __future__ import annotations

from ansible_collections.realtime.aws.plugins.module_utils.live.compute import read as read_compute
from ansible_collections.realtime.aws.plugins.module_utils.live.cost import read as read_cost
from ansible_collections.realtime.aws.plugins.module_utils.live.database import read as read_database
from ansible_collections.realtime.aws.plugins.module_utils.live.dns import read as read_dns
from ansible_collections.realtime.aws.plugins.module_utils.live.encryption import read as read_encryption
from ansible_collections.realtime.aws.plugins.module_utils.live.frontend import read as read_frontend
from ansible_collections.realtime.aws.plugins.module_utils.live.load_balancing import read as read_load_balancing
from ansible_collections.realtime.aws.plugins.module_utils.live.messaging import read as read_messaging
from ansible_collections.realtime.aws.plugins.module_utils.live.monitoring import read as read_monitoring
from ansible_collections.realtime.aws.plugins.module_utils.live.network import read as read_network
from ansible_collections.realtime.aws.plugins.module_utils.live.pipeline import read as read_pipeline
from ansible_collections.realtime.aws.plugins.module_utils.live.release import read as read_release
from ansible_collections.realtime.aws.plugins.module_utils.live.security import read as read_security
from ansible_collections.realtime.aws.plugins.module_utils.live.storage import read as read_storage

LAYERS = {
    "encryption": read_encryption,
    "network": read_network,
    "security": read_security,
    "dns": read_dns,
    "storage": read_storage,
    "database": read_database,
    "messaging": read_messaging,
    "load_balancing": read_load_balancing,
    "compute": read_compute,
    "frontend": read_frontend,
    "pipeline": read_pipeline,
    "release": read_release,
    "monitoring": read_monitoring,
    "cost": read_cost,
}
