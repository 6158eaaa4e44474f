"""What people do: each action checks the actor, changes rows and moves the process on."""
