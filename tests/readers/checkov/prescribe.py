from checkov.common.models.enums import CheckCategories, CheckResult
from checkov.terraform.checks.resource.base_resource_check import BaseResourceCheck


class NobodyPrescribes(BaseResourceCheck):
    def __init__(self):
        super().__init__(
            name="An integration's user does not prescribe",
            id="CKV_ACCURO_1",
            categories=[CheckCategories.IAM],
            supported_resources=["accuro_provider_permission"],
        )

    def scan_resource_conf(self, conf):
        return CheckResult.PASSED if conf["prescribe_for"] == ["none"] else CheckResult.FAILED


check = NobodyPrescribes()
