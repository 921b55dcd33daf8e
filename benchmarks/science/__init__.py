"""The evaluation of klal's claims: simulated publics whose truth is known and real conversations, peers computed beside, seeds fixed."""
