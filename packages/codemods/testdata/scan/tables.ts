// dependencies: mongoose drizzle-orm
import { pgTable, text } from 'drizzle-orm/pg-core'
import mongoose from 'mongoose'
export const users = pgTable('users', {
  passwordHash: text('password_hash'), // password-check?
})
export const User = new mongoose.Schema({
  password: String, // password-check?
  passwordResetCount: Number,
})
const found = await User.findOne({ email, password }) // password-check
