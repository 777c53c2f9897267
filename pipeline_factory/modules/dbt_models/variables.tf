variable "folder" {
  description = "Folder of the project, with `target/manifest.json`."
  type        = string
  nullable    = false
}
