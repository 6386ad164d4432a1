"""The doors for programs: who is asking, what may be sent, how lists are asked for, how a refusal looks."""
