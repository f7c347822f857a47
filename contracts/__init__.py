"""What is promised; how one answer is asked for and judged."""
