locals {
  # SEARCH finds metrics by parts of their dimensions, so pipelines that are applied later appear automatically.
  # https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/search-expression-syntax.html
  machines     = "StateMachineArn=${var.environment}"
  queues       = "QueueName=${var.environment}"
  dead_letters = "QueueName=dead-letters OR QueueName=undelivered"
  cluster      = "ClusterName=\"${var.environment}\""
  workgroups   = "WorkGroup=${var.environment}"

  # Rows of graphs from top to bottom, each with its title, statistic and searches: the schema of the metrics, their
  # name, and the terms that select those of the domain.
  graphs = [
    [
      { title = "Executions started", statistic = "Sum", searches = [
        { schema = "AWS/States,StateMachineArn", metric = "ExecutionsStarted", terms = local.machines },
      ] },
      { title = "Executions failed, timed out or aborted", statistic = "Sum", searches = [
        for metric in ["ExecutionsFailed", "ExecutionsTimedOut", "ExecutionsAborted"] :
        { schema = "AWS/States,StateMachineArn", metric = metric, terms = local.machines }
      ] },
      { title = "Duration of ended executions (ms)", statistic = "Maximum", searches = [
        { schema = "AWS/States,StateMachineArn", metric = "ExecutionTime", terms = local.machines },
      ] },
    ],
    [
      { title = "Age of the oldest running execution (s)", statistic = "Maximum", searches = [
        { schema = "Datalake,StateMachineArn", metric = "OldestExecutionAge", terms = local.machines },
      ] },
      { title = "Age of the oldest message in trigger queues (s)", statistic = "Maximum", searches = [
        {
          schema = "AWS/SQS,QueueName"
          metric = "ApproximateAgeOfOldestMessage"
          terms  = "${local.queues} NOT (${local.dead_letters})"
        },
      ] },
      { title = "Dead letters", statistic = "Maximum", searches = [
        {
          schema = "AWS/SQS,QueueName"
          metric = "ApproximateNumberOfMessagesVisible"
          terms  = "${local.queues} (${local.dead_letters})"
        },
      ] },
    ],
    concat(
      [
        for name in var.failsafe_name[*] : {
          title = "Failsafe: errors and throttled invocations", statistic = "Sum", searches = [
            for metric in ["Errors", "Throttles"] :
            { schema = "AWS/Lambda,FunctionName", metric = metric, terms = "FunctionName=\"${name}\"" }
          ]
        }
      ],
      [
        { title = "CPU of ECS tasks (1024 = 1 vCPU)", statistic = "Maximum", searches = [
          {
            schema = "ECS/ContainerInsights,ClusterName,TaskDefinitionFamily"
            metric = "CpuUtilized"
            terms  = local.cluster
          },
        ] },
        { title = "Memory of ECS tasks (MB)", statistic = "Maximum", searches = [
          {
            schema = "ECS/ContainerInsights,ClusterName,TaskDefinitionFamily"
            metric = "MemoryUtilized"
            terms  = local.cluster
          },
        ] },
      ],
    ),
    [
      for title, metric in {
        "Athena: bytes scanned"            = "ProcessedBytes"
        "Athena: duration of queries (ms)" = "TotalExecutionTime"
        } : {
        title = title, statistic = metric == "ProcessedBytes" ? "Sum" : "Maximum", searches = [
          { schema = "AWS/Athena,QueryState,QueryType,WorkGroup", metric = metric, terms = local.workgroups },
        ]
      }
    ],
  ]
}
