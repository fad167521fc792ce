// A user being deleted changes its label from User to Gone at once; its relationships then go in small steps.
CREATE CONSTRAINT gone_id IF NOT EXISTS FOR (g:Gone) REQUIRE g.id IS UNIQUE;
