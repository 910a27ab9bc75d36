"""The AWS of laptops and tests: external instances as SSM and ECS know them."""
