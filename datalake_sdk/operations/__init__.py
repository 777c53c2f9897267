"""Operations shared by the command line, the wrappers and the agent; none of them prints."""
