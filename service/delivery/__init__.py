"""What leaves or enters the service as bytes: mail, documents, files, virus scans."""
