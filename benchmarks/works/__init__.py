"""What is compared: each file is one group; its `compared(peers, more)` yields Ratios, results checked equal before."""
