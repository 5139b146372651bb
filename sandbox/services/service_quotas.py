"""Service Quotas of EC2, of which moto knows none."""

from __future__ import annotations

from sandbox.hooks import Answer, Call, Forward, around

# AWS's defaults, but for the vCPUs: what an account has that has asked for more.
EC2 = {
    "L-0263D0A3": ("EC2-VPC Elastic IPs", 5.0),
    "L-1216C47A": ("Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances", 256.0),
}


@around("service-quotas", "GetServiceQuota")
def quota(call: Call, forward: Forward) -> Answer:
    code = call.params["QuotaCode"]
    if call.params["ServiceCode"] != "ec2" or code not in EC2:
        return forward()
    name, value = EC2[code]
    return {"Quota": {"ServiceCode": "ec2", "QuotaCode": code, "QuotaName": name, "Value": value, "Adjustable": True}}
