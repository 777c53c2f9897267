terraform {
  required_version = ">= 1.9"
}

variable "ways" {
  description = "For each task the tasks before it, with the length of the longest way to each that is known so far."
  type        = map(map(number))
  nullable    = false
}

output "ways" {
  description = "The same with ways of up to twice the length: HCL has neither loops nor recursion."

  value = {
    for name, ways in var.ways : name => {
      for task in distinct(concat(keys(ways), flatten([for via in keys(ways) : keys(var.ways[via])]))) :
      task => max(lookup(ways, task, 0), [for via, length in ways : length + lookup(var.ways[via], task, -length)]...)
    }
  }
}
