"""What WMI itself answers, whatever the calls come over: namespaces, queries, enumerators."""
