"""What several families read in the same way: JDBC addresses and tables, Debezium's lists and topics, topic maps."""
