import boto3

kms = boto3.client("kms")


def test_keys_wait_for_their_deletion_and_have_no_alias():
    aliases = [each["AliasName"] for each in kms.list_aliases()["Aliases"]]
    assert not [name for name in aliases if name.startswith("alias/molecule-")]
    states = {}
    for key in kms.list_keys()["Keys"]:
        about = kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]
        states.setdefault(about["KeyState"], []).append(about["Description"])
    assert len([text for text in states["PendingDeletion"] if text.endswith("of molecule")]) == 2
    assert not [text for text in states.get("Enabled", []) if text.endswith("of molecule")]


def test_what_was_adopted_is_given_back():
    keys = [key["KeyId"] for key in kms.list_keys()["Keys"]]
    enabled = [key for key in keys if kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "Enabled"]
    tags = [tag for key in enabled for tag in kms.list_resource_tags(KeyId=key)["Tags"]]
    assert enabled
    assert not [tag for tag in tags if tag["TagKey"] in ("Environment", "Adopted")]


def test_service_linked_roles_stay():  # TDN-9
    path = "/aws-service-role/autoscaling.amazonaws.com/"
    assert boto3.client("iam").list_roles(PathPrefix=path)["Roles"]
