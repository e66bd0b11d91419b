"""From targets to records: walks, streams, identifies, and puts together what workers found."""
