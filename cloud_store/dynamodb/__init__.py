"""The store on DynamoDB: one table for each program. docs/adr/0041-dynamodb.md says why so."""
