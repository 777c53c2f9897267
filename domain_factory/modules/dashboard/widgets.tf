# The grid has 24 columns; the widgets of a row share its width.
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
locals {
  columns = 24

  links_row = [{
    type       = "text"
    properties = { markdown = "${local.links}\n\nTerraform replaces changes that are made in the console." }
  }]

  alarm_rows = length(var.alarm_arns) == 0 ? [] : [[{
    type       = "alarm"
    properties = { title = "Alarms of the domain", alarms = var.alarm_arns }
  }]]

  graph_rows = [
    for row in local.graphs : [
      for graph in row : {
        type = "metric"
        properties = {
          title  = graph.title
          region = var.region
          view   = "timeSeries"
          period = 300
          stat   = graph.statistic
          yAxis  = { left = { min = 0 } }
          metrics = [
            for search in graph.searches : [{
              expression = join("", [
                "SEARCH('{${search.schema}} MetricName=\"${search.metric}\" ${search.terms}', ",
                "'${graph.statistic}', 300)",
              ])
              label = length(graph.searches) == 1 ? "" : search.metric
            }]
          ]
        }
      }
    ]
  ]

  # Encoded, since the types of the widgets differ.
  rows = concat(
    [{ height = 3, widgets = [for widget in local.links_row : jsonencode(widget)] }],
    [for row in local.alarm_rows : { height = 3, widgets = [for widget in row : jsonencode(widget)] }],
    [for row in local.graph_rows : { height = 6, widgets = [for widget in row : jsonencode(widget)] }],
  )

  body = jsonencode({
    widgets = flatten([
      for index, row in local.rows : [
        for position, widget in row.widgets : merge(jsondecode(widget), {
          x      = position * local.columns / length(row.widgets)
          y      = sum(concat([0], slice(local.rows, 0, index)[*].height))
          width  = local.columns / length(row.widgets)
          height = row.height
        })
      ]
    ])
  })
}
