import boto3


def test_nothing_is_left():
    assert "QueueUrls" not in boto3.client("sqs").list_queues(QueueNamePrefix="molecule-")
    topics = [topic["TopicArn"].split(":")[-1] for topic in boto3.client("sns").list_topics()["Topics"]]
    assert topics == ["upstream"], "somebody else's topic stays"
    functions = boto3.client("lambda").list_functions()["Functions"]
    assert not [each for each in functions if each["FunctionName"].startswith("molecule-")]
    assert boto3.client("logs").describe_log_groups(logGroupNamePrefix="/aws/lambda/molecule-")["logGroups"] == []
    roles = boto3.client("iam").list_roles()["Roles"]
    assert not [role for role in roles if role["RoleName"].startswith("molecule-")]
