#!/usr/bin/python
# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

# There is no code in this file: the action plugin of the same name does the work on the controller.

from __future__ import annotations

DOCUMENTATION = r"""
module: stack_layer_host
short_description: Give a layer of a stack a host of its own
version_added: 1.1.0
author: realtime.aws contributors (@realtime-aws)
description:
  - Adds a host to the inventory of the run, as M(ansible.builtin.add_host) does, by which a play can work on one layer of the
    stack beside its others. Its name is the layer's and the stack's, such as C(network@production), its group C(stack_layers).
  - It has the values of the stack's variables that the layer's role reads, C(layer), and of what is live the layer's own.
  - Unlike M(ansible.builtin.add_host) it does so for each host of the play.
attributes:
  check_mode:
    support: full
    description: The host is added all the same.
  diff_mode:
    support: none
    description: It changes nothing but the inventory of the run.
options:
  layer:
    description: The layer, which has the name of its role, such as V(network).
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Give each layer a host of its own
  realtime.aws.stack_layer_host: {layer: "{{ item }}"}
  loop: [encryption, network]
  changed_when: false
"""

RETURN = r"""
add_host:
  description: The host, as of M(ansible.builtin.add_host).
  returned: success
  type: dict
  sample: {host_name: network@production, groups: [stack_layers], host_vars: {layer: network, network_cidr: 10.0.0.0/16}}
"""
