terraform {
  required_version = ">= 1.9"
}

variable "path_lengths" {
  description = "For each task, its known predecessors with the length of the longest known path to each."
  type        = map(map(number))
  nullable    = false
}

output "path_lengths" {
  description = "The input, extended with paths of up to twice the length. HCL has neither loops nor recursion."

  value = {
    for name, lengths in var.path_lengths : name => {
      for task in keys(merge(lengths, [for via in keys(lengths) : var.path_lengths[via]]...)) :
      task => max(
        lookup(lengths, task, 0),
        [for via, length in lengths : length + lookup(var.path_lengths[via], task, -length)]...
      )
    }
  }
}
