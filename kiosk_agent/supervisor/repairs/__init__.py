"""What the supervisor mends on its host, a file for each: decided from what is seen. No I/O."""
