# problem: mbpp_plus
# want: wrong, runtime_error
# why: no code at all

