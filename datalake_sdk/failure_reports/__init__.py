"""The Lambda function that investigates failed executions and reports them to Slack."""
