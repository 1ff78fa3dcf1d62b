"""Small files in the formats that are read, as their tools write them, and a model that fits them."""

from __future__ import annotations

import json

from finopt import Block, Configuration, Exit, Model

NET = Model(
    id="net",
    input_bits=24576.0,
    blocks=(
        Block(id="conv", ops=2e7, output_bits=196608.0),
        Block(id="mid", ops=3e7, output_bits=98304.0),
        Block(id="dense", ops=1e7, output_bits=80.0),
    ),
    exits=(Exit(id="early", after="conv", ops=1e6), Exit(id="out", after="dense")),
    configurations=(Configuration(exits=("out",), shares=(1.0,), accuracy=0.8),),
)

BLOCKS = """\
model,device,block,time_s,energy_j,exit,q1_s,q3_s
net,soc,conv,0.0021,0.009,,0.0020,0.0022
net,soc,mid,0.0034,,,0.0033,0.0036
net,soc,,1e-4,4e-4,early,9e-5,1.1e-4
net,gpu,dense,0.0002,0.02,,,
"""

SWEEP = """\
accuracy,share_early,share_out,threshold_early
0.80,,1,
0.79,0.25,0.75,0.9
0.76,0.5,0.5,0.7
"""

BRANCHYNET = """\
device,network,accuracy_pct,time_ms,gain,thresholds,exit_pct
CPU,LeNet,99.07,2.79,,,
CPU,B-LeNet,99.20,1.01,2.77,0.0001,71.57;28.43
CPU,B-LeNet,98.62,0.38,7.40,3.0,100.0;0.0
GPU,B-LeNet,99.20,0.30,2.77,0.0001,71.57;28.43
"""

DEVICE_TYPES = """\
DummyDeviceType:
  bw_Mbps: 0
  mem_MB: 0
  model_profiles:
Minnowboard-E3845:
  bw_Mbps: 1000
  mem_MB: 2048
  model_profiles:
    net:
    - batch_size: 8
      dtype: torch.float32
      time_s: [0.4614471435546875, 0.08141896724700928, 0.3625364303588867]
    - batch_size: 2
      dtype: torch.float32
      time_s: [0.12, 0.02, 1.0e-05]
"""

MODELS = """\
DummyModel:
  layers: 0
  mem_MB: []
  parameters_in: 0
  parameters_out: []
vit:
  layers: 3
  mem_MB: [26.857472, 18.5, -0.5]
  parameters_in: 150528
  parameters_out: [302592, 756480, 1000]
"""

# T(1,1) 4 ms, T(1,2) 7.5, T(1,3) 9; T(2,2) 4.5, T(2,3) 6; T(3,3) 2: block 1 takes 3 ms, its exit 1 ms.
PARTITIONS = {
    "partition_start": {"0": 1, "1": 1, "2": 1, "3": 2, "4": 2, "5": 3},
    "partition_end": {"0": 1, "1": 2, "2": 3, "3": 2, "4": 3, "5": 3},
    "latency_partition": {
        "0": [4.0, 4.1, 3.9],
        "1": [7.5, 7.5, 7.5],
        "2": [9.0, 9.0, 9.0],
        "3": [4.5, 4.5, 4.4],
        "4": [6.0, 6.0, 6.0],
        "5": [2.0, 2.0, 2.1],
    },
}

PORTEND = json.dumps(json.dumps(PARTITIONS))

TRTEXEC = """\
[
  { "count" : 100 }
, { "name" : "conv1 + relu1", "timeMs" : 150.0, "averageMs" : 1.5, "percentage" : 60 }
, { "name" : "conv2 + relu2", "timeMs" : 70.0, "averageMs" : 0.7, "percentage" : 28 }
, { "name" : "Reformatting CopyNode", "timeMs" : 0.0, "averageMs" : 0.0, "percentage" : 0 }
, { "name" : "fc", "timeMs" : 30.0, "averageMs" : 0.3, "percentage" : 12 }
]
"""
