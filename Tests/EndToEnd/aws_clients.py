"""Clients of AWS's for a customer's project, by an access key pair of its own."""

import boto3
from botocore.config import Config

from product import wait_for


def aws_clients(product, customer, region="us-west-2", **options):
    """Makes clients by the service's name, all with one address, that try once."""
    made = product.command("key", "create", "--project", customer.project, "--aws")
    wait_for(lambda: product.knows(made["key"]), "the gateway knows the new key", 30)
    session = boto3.Session(
        aws_access_key_id=made["aws_access_key_id"],
        aws_secret_access_key=made["aws_secret_access_key"])
    return lambda service: session.client(
        service, region_name=region, endpoint_url=product.gateway_url,
        config=Config(retries={"total_max_attempts": 1}, **options))
