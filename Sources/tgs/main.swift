print("tgs")
