/* The planner's page: see service/pages. */
