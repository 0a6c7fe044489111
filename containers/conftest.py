pytest_plugins = ["engine"]
